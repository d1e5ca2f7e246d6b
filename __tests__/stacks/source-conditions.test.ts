import { extremes } from '../support/clusters';
import { withEverything, withMoreAccounts } from '../support/factories';
import { policiesOf, type PolicyStatement } from '../support/policies';
import { evaluate, sent, withoutSource } from '../support/source-keys';
import { allResources, synthesize } from '../support/synthesized';

const factories = { ...extremes, 'everything on': withEverything(), 'more accounts': withMoreAccounts() };
const apps = [
  ['as it is shipped', [...synthesize().values()]] as const,
  ...Object.entries(factories).map(([name, factory]) => [name, [...synthesize({ factory }).values()]] as const),
];

describe.each(apps)('%s', (_, stacks) => {
  test('no function is to be invoked under a condition that its caller does not meet', () => {
    const permissions = stacks.flatMap((stack) =>
      allResources(stack).filter(({ type }) => type === 'aws_lambda_permission'),
    );
    expect(permissions.length).toBeGreaterThan(0);
    for (const { id, args } of permissions) {
      const demanded = [
        ...(args['source_arn'] === undefined ? [] : ['aws:SourceArn']),
        ...(args['source_account'] === undefined ? [] : ['aws:SourceAccount']),
      ];
      // Without any, every account could have the function invoked.
      expect([id, demanded]).not.toEqual([id, []]);
      expect([id, sent[String(args['principal'])]?.keys]).toEqual([id, expect.arrayContaining(demanded)]);
    }
  });

  test('no topic, queue, key, bucket or role lets a service in under a condition that it does not meet, or under none', () => {
    const policies = stacks.flatMap(policiesOf);
    const faults = policies.flatMap(({ owner, kind, statements }) =>
      statements.flatMap((statement) => evaluate(kind, statement).faults.map((fault) => `${owner}: ${fault}`)),
    );
    expect(faults).toEqual([]);
  });
});

test('every statement that needs no source key is there', () => {
  const excused = apps.flatMap(([, stacks]) =>
    stacks
      .flatMap(policiesOf)
      .flatMap(({ kind, statements }) => statements.flatMap((statement) => evaluate(kind, statement).excused)),
  );
  expect([...new Set(excused)].sort()).toEqual(Object.keys(withoutSource).sort());
});

describe('a statement', () => {
  const statement = (Service: string, Condition?: PolicyStatement['Condition']): PolicyStatement => ({
    Sid: 'Events',
    Effect: 'Allow',
    Principal: { Service },
    Action: 'sqs:SendMessage',
    Resource: '*',
    ...(Condition !== undefined && { Condition }),
  });
  const faultsOf = (one: PolicyStatement) => evaluate('resource', one).faults;

  test.each(['aws:SourceAccount', 'AWS:SourceAccount', 'aws:sourceaccount'])(
    'for EventBridge that demands %s is a fault, however the key is spelled',
    (key) => {
      expect(faultsOf(statement('events.amazonaws.com', { StringEquals: { [key]: '111111111111' } }))).toEqual([
        'resource events.amazonaws.com Events: events.amazonaws.com is not known to send aws:SourceAccount',
      ]);
    },
  );

  test('with a key that is sent beside one that is not is a fault', () => {
    const ArnEquals = { 'aws:sourcearn': 'arn:aws:events:us-west-2:111111111111:rule/one' };
    expect(faultsOf(statement('events.amazonaws.com', { ArnEquals }))).toEqual([]);
    const StringEquals = { 'aws:SourceOrgID': 'o-example' };
    expect(faultsOf(statement('events.amazonaws.com', { ArnEquals, StringEquals }))).toHaveLength(1);
  });

  test('for a service that has not been looked up is a fault, with a source key and without', () => {
    const Condition = { StringEquals: { 'aws:SourceAccount': '111111111111' } };
    expect(faultsOf(statement('config.amazonaws.com', Condition))).toHaveLength(1);
    expect(faultsOf(statement('config.amazonaws.com'))).toHaveLength(1);
    // Another condition does not stand in for it.
    const other = { StringEquals: { 'aws:RequestedRegion': 'us-west-2' } };
    expect(faultsOf(statement('events.amazonaws.com', other))).toHaveLength(1);
  });

  test('that denies is none', () => {
    expect(faultsOf({ ...statement('events.amazonaws.com'), Effect: 'Deny' })).toEqual([]);
  });
});
