import { identityPolicy, listOf, policiesOf } from '../../../support/policies';
import { resourcesOf, resourceWith, stackOf, synthesize } from '../../../support/synthesized';

const ops = stackOf(synthesize(), 'ops');
const account = { 'aws:SourceAccount': '111111111111' };

const publishers = (id: string) =>
  policiesOf(ops)
    .filter(({ owner }) => owner.startsWith(`ops/${id}_Policy`))
    .flatMap(({ statements }) => statements)
    .map(({ Sid, Effect, Principal, Action, Condition }) => ({ Sid, Effect, Principal, Action, Condition }));

const tlsOnly = {
  Sid: 'TlsOnly',
  Effect: 'Deny',
  Principal: { AWS: '*' },
  Action: 'sns:Publish',
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
};

test('there are two topics', () => {
  expect(
    resourcesOf(ops, 'aws_sns_topic')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['boundless-alarms', 'boundless-status']);
});

test('alarms and budgets of this account publish alarms, over TLS alone, and nobody else by the topic', () => {
  expect(publishers('Alarms')).toEqual([
    {
      Sid: 'Alarms',
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'sns:Publish',
      Condition: { StringEquals: account },
    },
    {
      Sid: 'Budgets',
      Effect: 'Allow',
      Principal: { Service: 'budgets.amazonaws.com' },
      Action: 'sns:Publish',
      Condition: { StringEquals: account, ArnLike: { 'aws:SourceArn': 'arn:aws:budgets::111111111111:*' } },
    },
    tlsOnly,
  ]);
});

test('nobody publishes notices by the topic: the notices Lambda has the right in its role', () => {
  expect(publishers('Monitoring_Status')).toEqual([tlsOnly]);
  const mayPublish = policiesOf(ops)
    .filter(({ kind }) => kind === 'identity')
    .flatMap(({ owner, statements }) =>
      statements.flatMap(({ Action, Resource }) => (Action === 'sns:Publish' ? [[owner, Resource]] : [])),
    );
  expect(mayPublish).toEqual([
    ['ops/boundless-notices-role', expect.stringMatching(/^\$\{aws_sns_topic\.Monitoring_Status_[0-9A-F]{8}\.arn\}$/)],
  ]);
});

test('every publisher may use the key of the topics', () => {
  const key = policiesOf(ops).find(({ owner }) => owner.startsWith('ops/OperationsKey'));
  expect(key?.statements.find(({ Sid }) => Sid === 'AlarmsAndEvents')?.Principal).toEqual({
    Service: ['budgets.amazonaws.com', 'cloudwatch.amazonaws.com', 'events.amazonaws.com'],
  });
});

test('every rule of the notices leaves what it can not deliver in their queue', () => {
  const rules = resourcesOf(ops, 'aws_cloudwatch_event_rule')
    .map(({ name }) => String(name))
    .filter((name) => !name.startsWith('packer-ami-'));
  expect(rules).toHaveLength(7);
  const queue = policiesOf(ops).find(({ owner }) => owner.startsWith('ops/Monitoring_Notices_DeadLetters_Policy'));
  const sources = queue?.statements.find(({ Sid }) => Sid === 'SendUndeliveredEvents')?.Condition?.['ArnEquals'];
  expect([...listOf(sources?.['aws:SourceArn'])].sort()).toEqual(
    rules.map((name) => `arn:aws:events:us-west-2:111111111111:rule/${name}`).sort(),
  );
  const targets = resourcesOf(ops, 'aws_cloudwatch_event_target').filter(({ arn }) =>
    /Monitoring_Notices_(Function|Queue)_/.test(String(arn)),
  );
  expect(targets).toHaveLength(7);
  for (const { dead_letter_config } of targets)
    expect(dead_letter_config).toEqual({
      arn: expect.stringMatching(/^\$\{aws_sqs_queue\.Monitoring_Notices_DeadLetters_\w+\.arn\}$/) as unknown,
    });
});

describe('the queue of the notices', () => {
  const queue = resourceWith(ops, 'aws_sqs_queue', 'name', 'boundless-notices-events');
  const lambda = resourceWith(ops, 'aws_lambda_function', 'function_name', 'boundless-notices');

  test('takes the events of their rules alone; the watch goes to the function itself', () => {
    const policy = policiesOf(ops).find(({ owner }) => owner.startsWith('ops/Monitoring_Notices_Queue_Policy'));
    expect(policy?.statements).toEqual([
      expect.objectContaining({
        Sid: 'Events',
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Condition: {
          ArnEquals: {
            'aws:SourceArn': ['builds', 'sharing', 'retirement', 'pipelines', 'deployments', 'approvals'].map(
              (name) => `arn:aws:events:us-west-2:111111111111:rule/boundless-notices-${name}`,
            ),
          },
        },
      }),
      expect.objectContaining({ Sid: 'TlsOnly', Effect: 'Deny' }),
    ]);
    const targetOf = (rule: string) =>
      String(
        resourcesOf(ops, 'aws_cloudwatch_event_target').find((target) => String(target['rule']).includes(rule))?.[
          'arn'
        ],
      );
    for (const part of ['Builds', 'Sharing', 'Retirement', 'Pipelines', 'Deployments', 'Approvals'])
      expect(targetOf(`Monitoring_Notices_${part}_`)).toContain('Monitoring_Notices_Queue_');
    expect(targetOf('Monitoring_Notices_Watch_')).toContain('Monitoring_Notices_Function_');
  });

  test('keeps an event as long as Lambda may need, gives it three times, then to the dead letters', () => {
    expect(queue['visibility_timeout_seconds']).toBeGreaterThanOrEqual(6 * Number(lambda['timeout']));
    expect(queue['kms_master_key_id']).toMatch(/OperationsKey/);
    expect(JSON.parse(String(queue['redrive_policy']))).toEqual({
      deadLetterTargetArn: expect.stringContaining('Monitoring_Notices_DeadLetters_') as unknown,
      maxReceiveCount: 3,
    });
  });

  test('gives the events of a minute in one batch, of which each can fail alone', () => {
    const [mapping, ...more] = resourcesOf(ops, 'aws_lambda_event_source_mapping');
    expect(more).toEqual([]);
    expect(mapping).toMatchObject({
      batch_size: 1000,
      maximum_batching_window_in_seconds: 60,
      function_response_types: ['ReportBatchItemFailures'],
      scaling_config: { maximum_concurrency: 2 },
    });
  });

  test('is what its role reads, and no other queue', () => {
    const statements = identityPolicy(ops, 'boundless-notices-role');
    expect(statements.filter(({ Sid }) => ['ReceiveEvents', 'DecryptEvents'].includes(Sid))).toEqual([
      {
        Sid: 'ReceiveEvents',
        Effect: 'Allow',
        Action: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
        Resource: expect.stringMatching(/^\$\{aws_sqs_queue\.Monitoring_Notices_Queue_\w+\.arn\}$/) as unknown,
      },
      {
        Sid: 'DecryptEvents',
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: expect.stringContaining('OperationsKey') as unknown,
      },
    ]);
  });
});
