import { withAccounts, withEverything } from '../support/factories';
import { identityPolicy, listOf, policiesOf } from '../support/policies';
import { allResources, resourceWith, resourcesOf, stackOf, synthesize } from '../support/synthesized';

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

  test('every address gets the messages of its topic', () => {
    const subscriptions = resourcesOf(ops, 'aws_sns_topic_subscription').map(({ protocol, endpoint, topic_arn }) => [
      protocol,
      endpoint,
      /aws_sns_topic\.(\w+?)_(Resource_)?[0-9A-F]{8}/.exec(String(topic_arn))?.[1],
    ]);
    expect(subscriptions).toEqual([
      ['email', 'night@example.com', 'Alarms'],
      ['email', 'ops@example.com', 'Alarms'],
      ['email', 'team@example.com', 'Monitoring_Status'],
    ]);
  });

  test('the Slack channel gets both topics, and can only read alarms', () => {
    const channel = resourceWith(ops, 'aws_chatbot_slack_channel_configuration', 'slack_channel_id', 'C0123ABCD');
    expect(channel).toMatchObject({
      slack_team_id: 'T0123ABCD',
      guardrail_policy_arns: ['arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess'],
      user_authorization_required: true,
      logging_level: 'ERROR',
      iam_role_arn: expect.stringMatching(/^\$\{aws_iam_role\.Monitoring_Chat_Role_\w+\.arn\}$/) as unknown,
      sns_topic_arns: [
        expect.stringMatching(/^\$\{aws_sns_topic\.Monitoring_Status_\w+\.arn\}$/),
        expect.stringMatching(/^\$\{aws_sns_topic\.Alarms_\w+\.arn\}$/),
      ] as unknown,
    });
    const reading = /^cloudwatch:(Describe|Get|List)[A-Za-z]+$/;
    const statements = identityPolicy(ops, 'boundless-chat-role');
    expect(statements.map(({ Condition }) => Condition)).toEqual([
      { StringEquals: { 'aws:RequestedRegion': 'us-west-2' } },
    ]);
    for (const { Action } of statements) for (const action of listOf(Action)) expect(action).toMatch(reading);
    expect(JSON.stringify(allResources(ops))).not.toContain('AWSLambda_FullAccess');
    // Amazon Q logs in us-east-1, and would keep its logs for ever.
    expect(resourceWith(ops, 'aws_cloudwatch_log_group', 'name', '/aws/chatbot/boundless-ami-factory')).toMatchObject({
      region: 'us-east-1',
      retention_in_days: 90,
    });
  });

  test('budgets notify the alarm topic in ops, and addresses elsewhere', () => {
    const budgetOf = (stack: string) => {
      const [budget, ...others] = resourcesOf(stackOf(stacks, stack), 'aws_budgets_budget');
      expect(others).toEqual([]);
      return budget;
    };
    const notification = (subscribers: object) =>
      [
        ['ACTUAL', 80],
        ['ACTUAL', 100],
        ['FORECASTED', 100],
      ].map(([notification_type, threshold]) => ({
        notification_type,
        threshold,
        threshold_type: 'PERCENTAGE',
        comparison_operator: 'GREATER_THAN',
        ...subscribers,
      }));
    const topic = expect.stringMatching(/^\$\{aws_sns_topic\.Alarms_\w+\.arn\}$/) as unknown;
    const common = { budget_type: 'COST', limit_unit: 'USD', time_unit: 'MONTHLY' };
    expect(budgetOf('ops')).toMatchObject({
      ...common,
      name: 'boundless-ops',
      limit_amount: '500.0',
      notification: notification({ subscriber_sns_topic_arns: [topic] }),
    });
    expect(budgetOf('production')).toMatchObject({
      ...common,
      name: 'boundless-production',
      limit_amount: '10000.0',
      notification: notification({ subscriber_email_addresses: ['ops@example.com'] }),
    });
  });

  test('builds get the subnet and whether to use spot instances', () => {
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

describe('as it is shipped', () => {
  const stacks = synthesize();

  test.each(['aws_chatbot_slack_channel_configuration', 'aws_budgets_budget', 'aws_sns_topic_subscription'])(
    'there is no %s, and everything else is there',
    (type) => {
      for (const stack of stacks.values()) expect(resourcesOf(stack, type)).toEqual([]);
      expect(resourcesOf(stackOf(stacks, 'ops'), 'aws_sns_topic')).toHaveLength(2);
      expect(resourcesOf(stackOf(stacks, 'ops'), 'aws_cloudwatch_dashboard')).toHaveLength(1);
    },
  );
});

test('101 service accounts are refused before anything is made', () => {
  expect(() => synthesize({ factory: withAccounts(101) })).toThrow(
    'config/index.ts: environments: 101 are too many service accounts; name at most 100',
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

describe('an environment that validates images for many others', () => {
  const longest = (index: number) => `production-${String(index).padStart(9, '0')}`;
  const validating = (count: number) => {
    const { ops, environments } = withAccounts(count + 1);
    const [first, ...others] = environments;
    const validated = others.map((environment, index) => ({
      ...environment,
      environment: longest(index),
      followsLatest: false,
      approval: true,
    }));
    const delivery = { ...ops.delivery, validatingEnvironment: first!.environment };
    return { ops: { ...ops, delivery }, environments: [first!, ...validated] };
  };

  test('names 20 in its trust policy, within the 2,048 characters that it may have', () => {
    const stack = stackOf(synthesize({ factory: validating(20) }), 'account-0');
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
    expect(() => synthesize({ factory: validating(21) })).toThrow(
      'config/ops.ts: delivery.validatingEnvironment: "account-0" validates images for too many environments, 21; its trust policy holds 20',
    );
  });
});
