import { factory } from '../../config';
import { synthesize } from '../support/synthesized';

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
    expect(stack.provider.aws).toHaveLength(name.startsWith('prover-cluster-') ? 2 : 1);
    for (const provider of stack.provider.aws)
      expect(provider).toMatchObject({ allowed_account_ids: [account], region: 'us-west-2' });
  });

  test('tags everything but the default security group, which a pipeline takes over and may not tag', () => {
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

  test('has another provider for that group alone, without tags', () => {
    const other = Object.entries(stack.resource).flatMap(([type, ofType]) =>
      Object.values(ofType).flatMap(({ provider, tags }) => (provider === undefined ? [] : [[type, provider, tags]])),
    );
    const [, untagged] = stack.provider.aws;
    expect(untagged?.['default_tags']).toBeUndefined();
    expect(other).toEqual(untagged === undefined ? [] : [['aws_default_security_group', 'aws.untagged', undefined]]);
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
  const clusters = factory.environments.map((config) => [`prover-cluster-${config.environment}`, config] as const);

  test.each(clusters)('%s: each provider does, in a role that is named when Terraform runs', (name, { accountId }) => {
    const stack = stacks.get(name)!;
    for (const provider of stack.provider.aws)
      expect(provider).toMatchObject({
        allowed_account_ids: [accountId],
        dynamic: {
          assume_role: {
            for_each: '${var.act_as_role_arn == "" ? [] : [var.act_as_role_arn]}',
            content: { role_arn: '${assume_role.value}', session_name: name },
          },
        },
      });
    // Ephemeral: a saved plan does not keep the role. Without a value nothing is assumed.
    expect(stack.variable!['act_as_role_arn']).toMatchObject({ type: 'string', default: '', ephemeral: true });
    const [{ condition }] = stack.variable!['act_as_role_arn']!['validation'] as [{ condition: string }];
    expect([...condition.matchAll(/arn:[^"]+/g)].map(([arn]) => arn)).toEqual([
      `arn:aws:iam::${accountId}:role/boundless-deployment-role`,
      `arn:aws:iam::${accountId}:role/boundless-plan-role`,
    ]);
  });

  test('account stacks never do: their administrators deploy them', () => {
    for (const name of ['ops', 'staging', 'production']) {
      const { provider, variable = {} } = stacks.get(name)!;
      expect([provider.aws[0]!['dynamic'], variable['act_as_role_arn']]).toEqual([undefined, undefined]);
    }
  });

  test('no stack names a role or a profile itself: a saved plan would keep them', () => {
    for (const { terraform, provider } of stacks.values())
      for (const block of [terraform.backend.s3, ...provider.aws])
        expect([block['assume_role'], block['role_arn'], block['profile']]).toEqual([undefined, undefined, undefined]);
  });
});
