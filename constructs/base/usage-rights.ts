import type { Account } from './account';
import type { Statement } from './policy';

/**
 * What shows which images an account uses. All of it reads, and takes no resources but the parameters: for the cleanup
 * Lambda in its own account, and through the usage reader's role in every service account.
 *
 * @param opsAccountId whose parameters launch templates may name by their ARN
 */
export const readUsage = (account: Account, opsAccountId: string): Statement[] => [
  {
    Sid: 'ReadUsage',
    Action: [
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:DescribeInstanceRefreshes',
      'autoscaling:DescribeLaunchConfigurations',
      'ec2:DescribeFleets',
      'ec2:DescribeInstances',
      'ec2:DescribeLaunchTemplateVersions',
      'ec2:DescribeLaunchTemplates',
      'ec2:DescribeSpotFleetRequests',
      'ec2:DescribeSpotInstanceRequests',
      'ssm:DescribeParameters',
    ],
    Resource: '*',
    Condition: account.inRegion,
  },
  {
    // Any parameter may name an image. Secrets cannot be read: nothing here decrypts.
    Sid: 'ReadParameters',
    Action: 'ssm:GetParameters',
    Resource: [...new Set([account.accountId, opsAccountId])].map(
      (accountId) => `arn:aws:ssm:${account.region}:${accountId}:parameter/*`,
    ),
  },
];
