import { withAccounts, withEverything } from '../support/factories';
import { identityPolicy, policiesOf } from '../support/policies';
import { resourceWith, resourcesOf, stackOf, synthesize } from '../support/synthesized';

describe('with every optional feature', () => {
  const stacks = synthesize({ factory: withEverything() });
  const ops = stackOf(stacks, 'ops');

  test.each(['codeconnections', 'codestar-connections'] as const)(
    'a private repository is read through its connection: %s',
    (service) => {
      const own = stackOf(synthesize({ factory: withEverything(service) }), 'ops');
      const arn = `arn:aws:${service}:us-west-2:111111111111:connection/01234567-89ab-cdef-0123-456789abcdef`;
      const { source } = resourceWith(own, 'aws_codebuild_project', 'name', 'packer-build-project');
      expect(source).toMatchObject({ type: 'GITHUB', auth: { type: 'CODECONNECTIONS', resource: arn } });
      expect(identityPolicy(own, 'packer-build-role').filter(({ Sid }) => Sid === 'ReadRepository')).toEqual([
        {
          Sid: 'ReadRepository',
          Effect: 'Allow',
          Action: [`${service}:GetConnection`, `${service}:GetConnectionToken`, `${service}:UseConnection`],
          Resource: arn,
        },
      ]);
    },
  );

  test('every address gets the alarms', () => {
    expect(
      resourcesOf(ops, 'aws_sns_topic_subscription').map(({ protocol, endpoint }) => [protocol, endpoint]),
    ).toEqual([
      ['email', 'night@example.com'],
      ['email', 'ops@example.com'],
    ]);
  });

  test('builds hear of the subnet and of spot', () => {
    const { environment } = resourceWith(ops, 'aws_codebuild_project', 'name', 'packer-build-project');
    expect(environment).toMatchObject({
      environment_variable: expect.arrayContaining([
        { name: 'SUBNET_ID', value: 'subnet-0123456789abcdef0', type: 'PLAINTEXT' },
        { name: 'SPOT', value: 'false', type: 'PLAINTEXT' },
      ]) as unknown,
    });
  });

  test('volumes of provers are filled at the rate that was asked for', () => {
    const cluster = stackOf(stacks, 'prover-cluster-staging');
    const mappings = (role: string) =>
      resourceWith(cluster, 'aws_launch_template', 'name', `prover-cluster-staging-${role}`)['block_device_mappings'];
    expect(mappings('prover')).toMatchObject([{ ebs: { volume_initialization_rate: 300 } }]);
    expect(mappings('manager')).not.toMatchObject([
      { ebs: { volume_initialization_rate: expect.anything() as unknown } },
    ]);
  });
});

test('101 service accounts are refused before anything is made', () => {
  expect(() => synthesize({ factory: withAccounts(101) })).toThrow(
    'config/index.ts: environments: 101 are too many service accounts; the sharing Lambda takes 100',
  );
});

describe.each([1, 3, 100])('with %d service accounts', (count) => {
  const stacks = synthesize({ factory: withAccounts(count) });
  const ops = stackOf(stacks, 'ops');

  test('each has its stacks', () => {
    expect(stacks.size).toBe(1 + 2 * count);
  });

  test('the Lambda knows all of them, within the 4 KB that its environment may have', () => {
    const { environment } = resourceWith(ops, 'aws_lambda_function', 'function_name', 'packer-ami-sharing');
    const { variables } = environment as { variables: Record<string, string> };
    expect(variables['SERVICE_ACCOUNT_IDS']?.split(',')).toHaveLength(count);
    expect(JSON.stringify(variables).length).toBeLessThan(4096);
  });

  test('policies stay within their limits', () => {
    // AWS KMS quotas: 32 KB for a key policy; IAM quotas: 10,240 characters for the inline policies of a role.
    for (const { kind, owner, statements } of policiesOf(ops))
      expect([owner, JSON.stringify(statements).length < (kind === 'resource' ? 32_000 : 10_000)]).toEqual([
        owner,
        true,
      ]);
  });
});

describe('an environment that proves images for many', () => {
  const longest = (index: number) => `production-${String(index).padStart(9, '0')}`;
  const proving = (count: number) => {
    const { ops, environments } = withAccounts(count + 1);
    const [first, ...others] = environments;
    const proved = others.map((environment, index) => ({
      ...environment,
      environment: longest(index),
      followsLatest: false,
    }));
    const delivery = { ...ops.delivery, provingEnvironment: first!.environment };
    return { ops: { ...ops, delivery }, environments: [first!, ...proved] };
  };

  test('names 20 in its trust policy, within the 2,048 characters that it may have', () => {
    const stack = stackOf(synthesize({ factory: proving(20) }), 'account-0');
    const { assume_role_policy: trust } = resourceWith(
      stack,
      'aws_iam_role',
      'name',
      'boundless-validated-reader-role',
    );
    expect(String(trust)).toContain(`prover-cluster-${longest(19)}-plan-role`);
    expect(String(trust).length).toBeLessThanOrEqual(2048);
  });

  test('is refused one more', () => {
    expect(() => synthesize({ factory: proving(21) })).toThrow(
      'config/ops.ts: delivery.provingEnvironment: "account-0" proves images for too many environments, 21; its trust policy holds 20',
    );
  });
});
