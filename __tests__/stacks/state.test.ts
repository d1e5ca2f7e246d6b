import { factory } from '../../config';
import { actAsRole } from '../../stacks';
import { synthesize, type SynthesizedStack } from '../support/synthesized';

const stacks = synthesize();
const accounts: Record<string, string> = {
  ops: '111111111111',
  staging: '222222222222',
  'prover-cluster-staging': '222222222222',
  production: '333333333333',
  'prover-cluster-production': '333333333333',
};

describe.each([...stacks.values()].map((stack) => [stack.name, stack] as const))('%s', (name, stack) => {
  const account = accounts[name]!;

  test('keeps its state in its own account, encrypted and locked', () => {
    expect(stack.terraform.backend).toEqual({
      s3: {
        bucket: `boundless-terraform-state-${account}-us-west-2`,
        key: `${name}.tfstate`,
        region: 'us-west-2',
        encrypt: true,
        use_lockfile: true,
        allowed_account_ids: [account],
      },
    });
  });

  test('refuses credentials of another account', () => {
    expect(stack.provider.aws).toHaveLength(1);
    expect(stack.provider.aws[0]).toMatchObject({ allowed_account_ids: [account], region: 'us-west-2' });
  });

  test('tags everything', () => {
    expect(stack.provider.aws[0]?.['default_tags']).toEqual([
      {
        tags: {
          Project: 'boundless-ami-factory',
          ManagedBy: 'terraform',
          Environment: name.replace('prover-cluster-', ''),
          Stack: name,
        },
      },
    ]);
  });

  test('needs a Terraform that knows the lock file', () => {
    expect(stack.terraform.required_version).toBe('>= 1.11.0');
  });

  test('reads no other state', () => {
    expect(Object.keys(stack.data ?? {})).not.toContain('terraform_remote_state');
  });
});

test('no two stacks share a state', () => {
  const states = [...stacks.values()].map(
    ({ terraform }) => `${String(terraform.backend.s3['bucket'])}/${String(terraform.backend.s3['key'])}`,
  );
  expect(new Set(states).size).toBe(stacks.size);
});

describe('acting through a role', () => {
  const roles = ({ terraform, provider }: SynthesizedStack) => ({
    backend: terraform.backend.s3['assume_role'],
    provider: provider.aws[0]?.['assume_role'],
  });

  test.each(['deployment', 'plan'])('%s: cluster stacks do, for state and resources alike', (role) => {
    const acting = synthesize({ actAs: actAsRole(role)! });
    for (const { environment, accountId } of factory.environments) {
      const name = `prover-cluster-${environment}`;
      const assumed = { role_arn: `arn:aws:iam::${accountId}:role/boundless-${role}-role`, session_name: name };
      expect(roles(acting.get(name)!)).toEqual({ backend: assumed, provider: [assumed] });
    }
  });

  test('account stacks never do: their administrators deploy them', () => {
    const acting = synthesize({ actAs: 'boundless-deployment-role' });
    for (const name of ['ops', 'staging', 'production']) expect(roles(acting.get(name)!)).toEqual({});
  });

  test('nothing does unless asked', () => {
    expect(actAsRole(undefined)).toBeUndefined();
    expect(actAsRole('')).toBeUndefined();
    for (const stack of stacks.values()) expect(roles(stack)).toEqual({});
  });

  test.each(['Deployment', 'admin', 'constructor'])('refuses %s', (value) => {
    expect(() => actAsRole(value)).toThrow(`BOUNDLESS_ACT_AS is "${value}"; set it to one of deployment, plan`);
  });
});
