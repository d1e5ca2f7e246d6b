import { listOf, policiesOf } from '../support/policies';
import { withEverything } from '../support/factories';
import { allResources, synthesize } from '../support/synthesized';

/** The keys by which a policy tells one caller of a service from another. */
type SourceKey = 'aws:SourceArn' | 'aws:SourceAccount';

/**
 * Which of the two keys a service sends when it calls with its own principal. A policy that demands one that is not sent
 * allows nothing; the service then fails without a word in any log of the account.
 */
const sent: Readonly<Record<string, { readonly keys: readonly SourceKey[]; readonly source: string }>> = {
  'events.amazonaws.com': {
    keys: ['aws:SourceArn'],
    source: 'Amazon EventBridge User Guide, "Using resource-based policies", "Troubleshooting Amazon EventBridge"',
  },
  'secretsmanager.amazonaws.com': {
    keys: ['aws:SourceAccount'],
    source: 'AWS Secrets Manager User Guide, "Rotation by Lambda function"',
  },
  'cloudwatch.amazonaws.com': {
    keys: ['aws:SourceArn', 'aws:SourceAccount'],
    source: 'Amazon CloudWatch User Guide, "Amazon SNS resource policy for alarms"',
  },
  'budgets.amazonaws.com': {
    keys: ['aws:SourceArn', 'aws:SourceAccount'],
    source: 'AWS Cost Management User Guide, "Creating an Amazon SNS topic for budget notifications"',
  },
  'scheduler.amazonaws.com': {
    keys: ['aws:SourceArn', 'aws:SourceAccount'],
    source: 'Amazon EventBridge Scheduler User Guide, "Prevent confused deputy"',
  },
};

const isSourceKey = (key: string): key is SourceKey => key === 'aws:SourceArn' || key === 'aws:SourceAccount';

describe.each([
  ['the configuration', synthesize()],
  ['everything that can be turned on', synthesize({ factory: withEverything() })],
])('with %s', (_, stacks) => {
  test('no function is to be invoked under a condition that its caller does not meet', () => {
    const permissions = [...stacks.values()].flatMap((stack) =>
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

  test('no topic, queue, key, bucket or role lets a service in under a condition that it does not meet', () => {
    let conditions = 0;
    for (const stack of stacks.values())
      for (const { owner, statements } of policiesOf(stack))
        for (const { Sid, Effect, Principal, Condition = {} } of statements) {
          const demanded = Object.values(Condition).flatMap((keys) => Object.keys(keys).filter(isSourceKey));
          if (Effect !== 'Allow' || demanded.length === 0) continue;
          conditions += 1;
          for (const service of listOf(Principal?.['Service']))
            expect([owner, Sid, service, sent[service]?.keys]).toEqual([
              owner,
              Sid,
              service,
              expect.arrayContaining(demanded),
            ]);
        }
    expect(conditions).toBeGreaterThan(0);
  });
});
