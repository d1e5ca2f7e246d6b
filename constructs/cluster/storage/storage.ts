import { IamUser } from '@cdktf/provider-aws/lib/iam-user';
import { IamUserPolicy } from '@cdktf/provider-aws/lib/iam-user-policy';
import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import { S3BucketLifecycleConfiguration } from '@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration';
import { S3BucketOwnershipControls } from '@cdktf/provider-aws/lib/s3-bucket-ownership-controls';
import { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block';
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { storageBucket } from '../../../config/names';
import { storageUser } from './names';
import { policyDocument } from '../../base/policy';
import { runBento } from './storage-rights';
import { AccountStack } from '../../base/account-stack';

export interface StorageProps {
  /** After how many days inputs of orders are deleted. */
  readonly inputDays: number;
  /** After how many days receipts, preflight journals and logs of guests are deleted. */
  readonly workDays: number;
  /** Whether an image may carry a Bento that calls CreateBucket at each start, as those before 1.1.2 do. */
  readonly createsBucket: boolean;
  /** ARN of the policy that caps the user. */
  readonly userBoundary: string;
}

/**
 * What of Bento's files may be deleted by age: what belongs to one job (`bento/crates/workflow-common/src/s3.rs` upstream,
 * the same from v1.0.0 to v1.2.2). Programs (`elfs/`) stay: the broker uploads the assessor and the set builder once, when
 * it starts. Work receipts (`work_receipts/`) stay: they are proof-of-work rewards until they are claimed.
 */
const expiringPrefixes = {
  'inputs/': 'inputDays',
  'receipts/': 'workDays',
  'preflight_journals/': 'workDays',
  'exec_logs/': 'workDays',
} as const satisfies Readonly<Record<string, 'inputDays' | 'workDays'>>;

/**
 * Bento's files, and the user whose key it takes. Encrypted with S3's own keys: with a key of ours, the static key that
 * Bento needs would have to reach into KMS, where secrets are, and each file would be a request that costs. Files are made
 * again when an order is tried again, so there are no versions to keep.
 */
export class Storage extends Construct {
  readonly bucketName: string;
  readonly userName: string;
  /** What a key of the user works with. */
  readonly ready: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: StorageProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const { environment, accountId, region } = account;
    const name = storageBucket(environment, accountId, region);
    const resource = new S3Bucket(this, 'Bucket', {
      bucket: name,
      forceDestroy: false,
      lifecycle: { preventDestroy: true },
    });
    const { bucket } = resource;
    const open = new S3BucketPublicAccessBlock(this, 'PublicAccess', {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketOwnershipControls(this, 'Ownership', { bucket, rule: { objectOwnership: 'BucketOwnerEnforced' } });
    new S3BucketServerSideEncryptionConfigurationA(this, 'Encryption', {
      bucket,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
    });
    new S3BucketLifecycleConfiguration(this, 'Lifecycle', {
      bucket,
      rule: [
        ...Object.entries(expiringPrefixes).map(([prefix, days]) => expiry(prefix, props[days])),
        { ...rule('unfinished-uploads', ''), abortIncompleteMultipartUpload: [{ daysAfterInitiation: 1 }] },
      ],
    });
    const tlsOnly = new S3BucketPolicy(this, 'Policy', {
      bucket,
      policy: policyDocument({
        Sid: 'TlsOnly',
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 's3:*',
        Resource: [resource.arn, `${resource.arn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
      // S3 refuses two changes of a bucket's access at a time.
      dependsOn: [open],
    });
    const user = new IamUser(this, 'User', {
      name: storageUser(environment),
      permissionsBoundary: props.userBoundary,
      // Its keys are not Terraform's: without this, it could not be deleted while it has one.
      forceDestroy: true,
    });
    const permissions = new IamUserPolicy(this, 'UserPolicy', {
      name: storageUser(environment),
      user: user.name,
      policy: policyDocument(...runBento(account, props.createsBucket)),
    });
    this.bucketName = bucket;
    this.userName = user.name;
    this.ready = [tlsOnly, permissions];
  }
}

const rule = (id: string, prefix: string) => ({ id, status: 'Enabled', filter: [{ prefix }] });

const expiry = (prefix: string, days: number) => ({
  ...rule(prefix.replace('/', ''), prefix),
  expiration: [{ days }],
  // In case an operator turns versioning on.
  noncurrentVersionExpiration: [{ noncurrentDays: 1 }],
});
