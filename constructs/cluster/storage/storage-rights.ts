import { clusterFunctions, clusterPath, logGroups, stacks, storageBucket } from '../../../config/names';
import { storageUser } from './names';
import type { Statement } from '../../base/policy';
import { bucketArn, type Account } from '../../base/account';

/** What Bento does with its storage (docs/facts/bento.md#storage-keys): nothing else is this user's, and no other bucket. */
export function runBento(account: Account, createsBucket: boolean): Statement[] {
  const bucket = bucketArn(storageBucket(account.environment, account.accountId, account.region));
  return [
    {
      Sid: 'ListBucket',
      // For a bucket that is there CreateBucket changes nothing: S3 answers BucketAlreadyOwnedByYou (Amazon S3 API
      // Reference, "CreateBucket"; us-east-1, where it would not, is refused in `config/together.ts`).
      // HeadBucket and ListObjects are s3:ListBucket (Service Authorization Reference, "Amazon S3").
      Action: createsBucket ? ['s3:CreateBucket', 's3:ListBucket'] : 's3:ListBucket',
      Resource: bucket,
    },
    {
      Sid: 'ReadWriteObjects',
      Action: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      Resource: `${bucket}/*`,
    },
  ];
}

/** What the function that makes the storage's keys does beside writing its log. */
export function runKeys(account: Account): Statement[] {
  return [
    {
      Sid: 'ManageAccessKeys',
      Action: ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:ListAccessKeys'],
      Resource: account.user(storageUser(account.environment)),
    },
    {
      Sid: 'RotateSecret',
      Action: [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      Resource: account.secret(`${clusterPath(account.environment)}/storage`),
    },
    {
      Sid: 'EncryptSecret',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: account.keys,
      Condition: {
        StringEquals: {
          'kms:ViaService': `secretsmanager.${account.region}.amazonaws.com`,
          'aws:ResourceTag/Stack': stacks.cluster(account.environment),
        },
      },
    },
  ];
}

/** The most that the function may ever do. */
export const keysBoundary = (account: Account): Statement[] => [
  ...runKeys(account),
  {
    Sid: 'WriteLogs',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: account.logGroup(`${logGroups.lambda(clusterFunctions.storageKeys)}:*`),
  },
];
