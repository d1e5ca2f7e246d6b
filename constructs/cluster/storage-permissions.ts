import { arns, clusterFunctions, clusterPath, logGroups, stacks, storageBucket, storageUser } from '../../config/names';
import type { Statement } from '../base/policy';
import type { NodeAccount } from './node-permissions';

/** What Bento does with its storage (bento.md 1.3): nothing else is this user's, and no other bucket. */
export function bentoStoragePermissions(
  { environment, accountId, region }: NodeAccount,
  createsBucket: boolean,
): Statement[] {
  const bucket = `arn:aws:s3:::${storageBucket(environment, accountId, region)}`;
  return [
    {
      Sid: 'FindFiles',
      // For a bucket that is there CreateBucket changes nothing: S3 answers BucketAlreadyOwnedByYou (Amazon S3 API
      // Reference, "CreateBucket"; us-east-1, where it would not, is refused in `config/together.ts`).
      // HeadBucket and ListObjects are s3:ListBucket (Service Authorization Reference, "Amazon S3").
      Action: createsBucket ? ['s3:CreateBucket', 's3:ListBucket'] : 's3:ListBucket',
      Resource: bucket,
    },
    {
      Sid: 'UseFiles',
      Action: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      Resource: `${bucket}/*`,
    },
  ];
}

/** What the function that makes the storage's keys does beside writing its log. */
export function storageKeysPermissions({ environment, accountId, region }: NodeAccount): Statement[] {
  return [
    {
      Sid: 'KeysOfTheUser',
      Action: ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:ListAccessKeys'],
      Resource: arns.user(accountId, storageUser(environment)),
    },
    {
      Sid: 'OwnSecret',
      Action: [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      Resource: arns.secret(accountId, region, `${clusterPath(environment)}/storage`),
    },
    {
      Sid: 'EncryptSecret',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: `arn:aws:kms:${region}:${accountId}:key/*`,
      Condition: {
        StringEquals: {
          'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
          'aws:ResourceTag/Stack': stacks.cluster(environment),
        },
      },
    },
  ];
}

/** The most that the function may ever do. */
export const storageKeysBoundary = (account: NodeAccount): Statement[] => [
  ...storageKeysPermissions(account),
  {
    Sid: 'WriteLogs',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: `arn:aws:logs:${account.region}:${account.accountId}:log-group:${logGroups.lambda(clusterFunctions.storageKeys)}:*`,
  },
];
