import { CloudwatchEventRule, type CloudwatchEventRuleConfig } from '@cdktf/provider-aws/lib/cloudwatch-event-rule';
import { CloudwatchEventTarget } from '@cdktf/provider-aws/lib/cloudwatch-event-target';
import { LambdaPermission } from '@cdktf/provider-aws/lib/lambda-permission';
import type { Construct } from 'constructs';
import type { DeadLetterQueue } from './dead-letter-queue';
import type { EventQueue } from './event-queue';
import type { Lambda } from './lambda';

interface RuleProps {
  readonly rule: CloudwatchEventRuleConfig;
  /** Keeps what could not be delivered within an hour; its policy must let the rule in. */
  readonly deadLetters: DeadLetterQueue;
}

export interface EnqueueProps extends RuleProps {
  /** Its policy must let the rule in. */
  readonly queue: EventQueue;
}

export interface TriggerProps extends RuleProps {
  readonly lambda: Lambda;
  /** What the function is given instead of the event. */
  readonly input?: object;
}

/**
 * A rule that starts a Lambda, and alone may do so. One in each scope: the ids are `Rule`, `Target` and `Invoke`.
 *
 * The permission names the rule and no account: EventBridge sends no `aws:SourceAccount` when it invokes a function, so a
 * permission that demands one lets nothing through (Amazon EventBridge User Guide, "Troubleshooting Amazon EventBridge").
 * The ARN of the rule has the account in it.
 */
export function trigger(scope: Construct, { lambda, ...props }: TriggerProps): void {
  const sourceArn = ruleTo(scope, lambda.arn, props);
  new LambdaPermission(scope, 'Invoke', {
    functionName: lambda.name,
    action: 'lambda:InvokeFunction',
    principal: 'events.amazonaws.com',
    sourceArn,
  });
}

/** A rule whose events go into a queue. One in each scope: the ids are `Rule` and `Target`. */
export function enqueue(scope: Construct, { queue, ...props }: EnqueueProps): void {
  ruleTo(scope, queue.arn, props);
}

/** @returns the ARN of the rule */
function ruleTo(
  scope: Construct,
  targetArn: string,
  { rule, deadLetters, input }: RuleProps & Pick<TriggerProps, 'input'>,
): string {
  const { name, arn } = new CloudwatchEventRule(scope, 'Rule', rule);
  new CloudwatchEventTarget(scope, 'Target', {
    rule: name,
    arn: targetArn,
    deadLetterConfig: { arn: deadLetters.arn },
    retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 20 },
    ...(input !== undefined && { input: JSON.stringify(input) }),
  });
  return arn;
}
