import { BudgetsBudget } from '@cdktf/provider-aws/lib/budgets-budget';
import { Construct } from 'constructs';

export interface BudgetProps {
  readonly name: string;
  /** What the account may cost in a month. */
  readonly monthlyUsd: number;
  /** Who is notified: topics, or up to 10 addresses. */
  readonly subscribers: { readonly topicArns: readonly string[] } | { readonly emails: readonly string[] };
}

/** When people are notified, in percent: while there is time, when it is spent, and when it will be. */
const notices = [
  { notificationType: 'ACTUAL', threshold: 80 },
  { notificationType: 'ACTUAL', threshold: 100 },
  { notificationType: 'FORECASTED', threshold: 100 },
] as const;

/** Notifies when an account costs more than it should. It stops nothing: provers hold orders that must be fulfilled. */
export class Budget extends Construct {
  constructor(scope: Construct, id: string, { name, monthlyUsd, subscribers }: BudgetProps) {
    super(scope, id);
    new BudgetsBudget(this, 'Resource', {
      name,
      budgetType: 'COST',
      // AWS gives it back with a decimal: without one, every plan would show a change.
      limitAmount: `${monthlyUsd}.0`,
      limitUnit: 'USD',
      timeUnit: 'MONTHLY',
      notification: notices.map((notice) => ({
        ...notice,
        comparisonOperator: 'GREATER_THAN',
        thresholdType: 'PERCENTAGE',
        ...('emails' in subscribers
          ? { subscriberEmailAddresses: [...subscribers.emails] }
          : { subscriberSnsTopicArns: [...subscribers.topicArns] }),
      })),
    });
  }
}
