import {
  arns,
  clusterFunctions,
  clusterParameters,
  clusterPath,
  logGroups,
  policies,
  roles,
  stacks,
  storageBucket,
  storageUser,
} from '../../config/names';
import type { Statement } from '../base/policy';
import type { ClusterAccount } from './cluster-permissions';

const { storageKeys } = clusterFunctions;

const secretsOf = ({ environment, accountId, region }: ClusterAccount): string =>
  `arn:aws:secretsmanager:${region}:${accountId}:secret:${clusterPath(environment)}/*`;
const parametersOf = ({ environment, accountId, region }: ClusterAccount): string[] =>
  clusterParameters.map((name) => `arn:aws:ssm:${region}:${accountId}:parameter${clusterPath(environment)}/${name}`);
const bucketOf = ({ environment, accountId, region }: ClusterAccount): string =>
  `arn:aws:s3:::${storageBucket(environment, accountId, region)}`;
const functionOf = ({ accountId, region }: ClusterAccount): string =>
  `arn:aws:lambda:${region}:${accountId}:function:${storageKeys}`;
const logsOf = ({ accountId, region }: ClusterAccount): string =>
  `arn:aws:logs:${region}:${accountId}:log-group:${logGroups.lambda(storageKeys)}`;
const alarmOf = ({ accountId, region }: ClusterAccount): string =>
  arns.alarm(accountId, region, `${storageKeys}-errors`);
const userOf = ({ accountId, environment }: ClusterAccount): string => arns.user(accountId, storageUser(environment));

/** Whoever may change a secret's policy could let itself in there: this counts more. */
export const neverReadValues: Statement = {
  Sid: 'NeverReadValues',
  Effect: 'Deny',
  Action: ['secretsmanager:BatchGetSecretValue', 'secretsmanager:GetSecretValue'],
  Resource: '*',
};

/**
 * What Terraform reads of secrets, parameters and storage. Values of secrets are not among it: what Terraform writes into
 * them it never reads back.
 */
export const readStorage = (account: ClusterAccount): Statement[] => [
  {
    // These have no resources (Service Authorization Reference, "AWS Secrets Manager", "AWS Systems Manager"). Every plan
    // makes up passwords, and forgets them.
    Sid: 'ReadWithoutNames',
    Action: ['secretsmanager:GetRandomPassword', 'ssm:DescribeParameters'],
    Resource: '*',
    Condition: { StringEquals: { 'aws:RequestedRegion': account.region } },
  },
  {
    Sid: 'ReadSecrets',
    Action: [
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetResourcePolicy',
      'secretsmanager:ListSecretVersionIds',
    ],
    Resource: secretsOf(account),
  },
  {
    Sid: 'ReadParameters',
    Action: ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:ListTagsForResource'],
    Resource: parametersOf(account),
  },
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

/** What Terraform changes of secrets, parameters and the bucket, by their names. */
export function changeStorage(account: ClusterAccount): Statement[] {
  const { environment, accountId, region } = account;
  return [
    {
      Sid: 'ChangeSecrets',
      Action: [
        'secretsmanager:CancelRotateSecret',
        'secretsmanager:CreateSecret',
        'secretsmanager:DeleteResourcePolicy',
        'secretsmanager:DeleteSecret',
        'secretsmanager:PutResourcePolicy',
        'secretsmanager:RotateSecret',
        'secretsmanager:TagResource',
        'secretsmanager:UntagResource',
        'secretsmanager:UpdateSecret',
      ],
      Resource: secretsOf(account),
    },
    {
      // The others have their values from people and from the function.
      Sid: 'WritePasswords',
      Action: ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
      Resource: `${secretsOf(account)}-password-??????`,
    },
    {
      // Secrets Manager encrypts a value with its writer's rights, and checks both (AWS Secrets Manager User Guide,
      // "Secret encryption and decryption").
      Sid: 'EncryptSecrets',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: `arn:aws:kms:${region}:${accountId}:key/*`,
      Condition: {
        StringEquals: {
          'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
          'aws:ResourceTag/Stack': stacks.cluster(environment),
        },
      },
    },
    {
      Sid: 'ChangeParameters',
      Action: ['ssm:AddTagsToResource', 'ssm:DeleteParameter', 'ssm:PutParameter', 'ssm:RemoveTagsFromResource'],
      Resource: parametersOf(account),
    },
    {
      // Not s3:DeleteBucket: whoever wants that is a person.
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
}

/** What Terraform changes of the storage's user, and of the function that makes its keys. It can make no key itself. */
export function changeStorageKeys(account: ClusterAccount): Statement[] {
  const { environment, accountId } = account;
  const role = arns.role(accountId, roles.storageKeys(environment));
  const below = (boundary: string) => ({
    ArnEquals: { 'iam:PermissionsBoundary': arns.policy(accountId, boundary) },
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
      Sid: 'GiveFunctionItsRole',
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
