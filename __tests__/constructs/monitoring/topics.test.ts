import { listOf, policiesOf } from '../../support/policies';
import { resourcesOf, stackOf, synthesize } from '../../support/synthesized';

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

test('whoever publishes may use the key that encrypts', () => {
  const key = policiesOf(ops).find(({ owner }) => owner.startsWith('ops/OperationsKey'));
  expect(key?.statements.find(({ Sid }) => Sid === 'AlarmsAndEvents')?.Principal).toEqual({
    Service: ['budgets.amazonaws.com', 'cloudwatch.amazonaws.com', 'events.amazonaws.com'],
  });
});

test('every rule of the notices leaves what it can not deliver in their queue', () => {
  const rules = resourcesOf(ops, 'aws_cloudwatch_event_rule')
    .map(({ name }) => String(name))
    .filter((name) => !name.startsWith('packer-ami-sharing'));
  expect(rules).toHaveLength(6);
  const queue = policiesOf(ops).find(({ owner }) => owner.startsWith('ops/Monitoring_Notices_DeadLetters_Policy'));
  const sources = queue?.statements.find(({ Sid }) => Sid === 'UndeliveredEvents')?.Condition?.['ArnEquals'];
  expect([...listOf(sources?.['aws:SourceArn'])].sort()).toEqual(
    rules.map((name) => `arn:aws:events:us-west-2:111111111111:rule/${name}`).sort(),
  );
  const targets = resourcesOf(ops, 'aws_cloudwatch_event_target').filter(({ arn }) =>
    String(arn).includes('Monitoring_Notices_Function'),
  );
  expect(targets).toHaveLength(6);
  for (const { dead_letter_config } of targets)
    expect(dead_letter_config).toEqual({
      arn: expect.stringMatching(/^\$\{aws_sqs_queue\.Monitoring_Notices_DeadLetters_\w+\.arn\}$/) as unknown,
    });
});
