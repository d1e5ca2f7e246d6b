import type { Account } from './account';
import type { Statement } from './policy';

/**
 * Vector looks for its log group before it sends anything, by DescribeLogGroups, which has no resource (Vector, "AWS
 * Cloudwatch logs" sink, `healthcheck`; Service Authorization Reference, "Amazon CloudWatch Logs"). So do flow logs.
 */
export const describeLogGroups = (account: Account): Statement => ({
  Sid: 'DescribeLogGroups',
  Action: 'logs:DescribeLogGroups',
  Resource: '*',
  Condition: account.inRegion,
});
