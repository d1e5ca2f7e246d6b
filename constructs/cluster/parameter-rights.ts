import { clusterParameters, clusterPath } from '../../config/names';
import type { Account } from '../base/account';
import type { Statement } from '../base/policy';

const parametersOf = (account: Account): string[] =>
  clusterParameters.map((name) => account.parameter(`${clusterPath(account.environment)}/${name}`));

/** What Terraform reads of the cluster's parameters. */
export const read = (account: Account): Statement[] => [
  {
    // It has no resources (Service Authorization Reference, "AWS Systems Manager").
    Sid: 'ListParameters',
    Action: 'ssm:DescribeParameters',
    Resource: '*',
    Condition: account.inRegion,
  },
  {
    Sid: 'ReadParameters',
    Action: ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:ListTagsForResource'],
    Resource: parametersOf(account),
  },
];

/** What Terraform changes of them. */
export const change = (account: Account): Statement[] => [
  {
    Sid: 'ChangeParameters',
    Action: ['ssm:AddTagsToResource', 'ssm:DeleteParameter', 'ssm:PutParameter', 'ssm:RemoveTagsFromResource'],
    Resource: parametersOf(account),
  },
];
