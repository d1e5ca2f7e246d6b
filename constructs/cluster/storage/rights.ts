import { clusterFunctions, logGroups, policies, roles, storageBucket } from '../../../config/names';
import { storageUser } from './names';
import type { Statement } from '../../base/policy';
import type { Account } from '../../base/account';
import { bucketArn } from '../../base/account';

const { storageKeys } = clusterFunctions;

const bucketOf = (account: Account): string =>
  bucketArn(storageBucket(account.environment, account.accountId, account.region));
const functionOf = (account: Account): string => account.arn('lambda', `function:${storageKeys}`);
const logsOf = (account: Account): string => account.logGroup(logGroups.lambda(storageKeys));
const alarmOf = (account: Account): string => account.alarm(`${storageKeys}-errors`);
const userOf = (account: Account): string => account.user(storageUser(account.environment));

/** What Terraform reads of the bucket, of its user, and of the function that makes its keys. */
export const read = (account: Account): Statement[] => [
  {
    Sid: 'ReadStorage',
    Action: [
      's3:GetAccelerateConfiguration',
      's3:GetBucketAcl',
      's3:GetBucketCORS',
      's3:GetBucketLocation',
      's3:GetBucketLogging',
      's3:GetBucketObjectLockConfiguration',
      's3:GetBucketOwnershipControls',
      's3:GetBucketPolicy',
      's3:GetBucketPublicAccessBlock',
      's3:GetBucketRequestPayment',
      's3:GetBucketTagging',
      's3:GetBucketVersioning',
      's3:GetBucketWebsite',
      's3:GetEncryptionConfiguration',
      's3:GetLifecycleConfiguration',
      's3:GetReplicationConfiguration',
      's3:ListBucket',
      's3:ListTagsForResource',
    ],
    Resource: bucketOf(account),
  },
  { Sid: 'ReadUser', Action: ['iam:GetUser', 'iam:GetUserPolicy', 'iam:ListUserTags'], Resource: userOf(account) },
  {
    Sid: 'ReadFunction',
    Action: [
      'lambda:GetFunction',
      'lambda:GetFunctionCodeSigningConfig',
      'lambda:GetPolicy',
      'lambda:ListTags',
      'lambda:ListVersionsByFunction',
    ],
    Resource: functionOf(account),
  },
  { Sid: 'ReadFunctionLogs', Action: 'logs:ListTagsForResource', Resource: logsOf(account) },
  {
    Sid: 'ReadFunctionAlarm',
    Action: ['cloudwatch:DescribeAlarms', 'cloudwatch:ListTagsForResource'],
    Resource: alarmOf(account),
  },
];

/** What Terraform changes of the bucket. */
export const change = (account: Account): Statement[] => [
  {
    // Not s3:DeleteBucket: only an operator deletes the bucket.
    Sid: 'ChangeStorage',
    Action: [
      's3:CreateBucket',
      's3:PutBucketOwnershipControls',
      's3:PutBucketPolicy',
      's3:PutBucketPublicAccessBlock',
      's3:PutBucketTagging',
      's3:PutEncryptionConfiguration',
      's3:PutLifecycleConfiguration',
      's3:TagResource',
      's3:UntagResource',
    ],
    Resource: bucketOf(account),
  },
];

/** What Terraform changes of the storage's user, and of the function that makes its keys. It can make no key itself. */
export function changeKeys(account: Account): Statement[] {
  const role = account.role(roles.storageKeys(account.environment));
  const below = (boundary: string) => ({
    ArnEquals: { 'iam:PermissionsBoundary': account.policy(boundary) },
  });
  return [
    {
      Sid: 'ChangeBoundedUser',
      Action: ['iam:CreateUser', 'iam:DeleteUserPolicy', 'iam:PutUserPermissionsBoundary', 'iam:PutUserPolicy'],
      Resource: userOf(account),
      Condition: below(policies.storageBoundary),
    },
    { Sid: 'ChangeUser', Action: ['iam:TagUser', 'iam:UntagUser'], Resource: userOf(account) },
    {
      Sid: 'ChangeBoundedFunctionRole',
      Action: ['iam:CreateRole', 'iam:DeleteRolePolicy', 'iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy'],
      Resource: role,
      Condition: below(policies.storageKeysBoundary),
    },
    {
      Sid: 'PassFunctionRole',
      Action: 'iam:PassRole',
      Resource: role,
      Condition: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
    },
    {
      // RotateSecret asks for InvokeFunction (AWS Secrets Manager API Reference, "RotateSecret").
      Sid: 'ChangeFunction',
      Action: [
        'lambda:AddPermission',
        'lambda:CreateFunction',
        'lambda:DeleteFunction',
        'lambda:InvokeFunction',
        'lambda:RemovePermission',
        'lambda:TagResource',
        'lambda:UntagResource',
        'lambda:UpdateFunctionCode',
        'lambda:UpdateFunctionConfiguration',
      ],
      Resource: functionOf(account),
    },
    {
      // Tags are changed on the ARN alone, everything else on the ARN with `:*` (Amazon CloudWatch Logs User Guide,
      // "CloudWatch Logs resources and operations").
      Sid: 'ChangeFunctionLogs',
      Action: [
        'logs:AssociateKmsKey',
        'logs:CreateLogGroup',
        'logs:DeleteLogGroup',
        'logs:PutRetentionPolicy',
        'logs:TagResource',
        'logs:UntagResource',
      ],
      Resource: [logsOf(account), `${logsOf(account)}:*`],
    },
    {
      Sid: 'ChangeFunctionAlarm',
      Action: [
        'cloudwatch:DeleteAlarms',
        'cloudwatch:PutMetricAlarm',
        'cloudwatch:TagResource',
        'cloudwatch:UntagResource',
      ],
      Resource: alarmOf(account),
    },
  ];
}
