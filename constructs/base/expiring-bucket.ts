import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import { S3BucketLifecycleConfiguration } from '@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration';
import { S3BucketOwnershipControls } from '@cdktf/provider-aws/lib/s3-bucket-ownership-controls';
import { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block';
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration';
import { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { policyDocument, tlsOnly } from './policy';

export interface ExpiringBucketProps {
  readonly name: string;
  readonly kmsKeyArn: string;
  /** Days after which objects are deleted. */
  readonly retentionDays: number;
}

/** A bucket for what is of use for some time only, such as artifacts and reports: encrypted, private, versioned, and forgetting. */
export class ExpiringBucket extends Construct {
  readonly name: string;
  readonly arn: string;
  /** What must be there before anything is put into the bucket. */
  readonly protection: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, { name, kmsKeyArn, retentionDays }: ExpiringBucketProps) {
    super(scope, id);
    const { bucket, arn } = new S3Bucket(this, 'Resource', {
      bucket: name,
      // What is in it expires anyway. Without this, the bucket would stay, and `ops` could not be deployed, once its
      // environment or the connection is gone: S3 deletes no bucket that holds versions.
      forceDestroy: true,
    });
    new S3BucketLifecycleConfiguration(this, 'Lifecycle', {
      bucket,
      rule: [
        {
          id: 'expire',
          status: 'Enabled',
          filter: [{ prefix: '' }],
          expiration: [{ days: retentionDays }],
          // Longer than an approval waits: the deployment refuses a source of which there is another version.
          noncurrentVersionExpiration: [{ noncurrentDays: retentionDays }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 1 }],
        },
        {
          // S3 takes no days in this rule.
          id: 'forget-deleted',
          status: 'Enabled',
          filter: [{ prefix: '' }],
          expiration: [{ expiredObjectDeleteMarker: true }],
        },
      ],
    });
    this.protection = [
      // Access lists are off: the bucket's policy and the roles' decide.
      new S3BucketOwnershipControls(this, 'Ownership', { bucket, rule: { objectOwnership: 'BucketOwnerEnforced' } }),
      new S3BucketPublicAccessBlock(this, 'PublicAccessBlock', {
        bucket,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      }),
      new S3BucketServerSideEncryptionConfigurationA(this, 'Encryption', {
        bucket,
        rule: [
          {
            applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: kmsKeyArn },
            bucketKeyEnabled: true,
          },
        ],
      }),
      new S3BucketVersioningA(this, 'Versioning', { bucket, versioningConfiguration: { status: 'Enabled' } }),
      new S3BucketPolicy(this, 'Policy', {
        bucket,
        policy: policyDocument(tlsOnly('s3:*', [arn, `${arn}/*`])),
      }),
    ];
    this.name = bucket;
    this.arn = arn;
  }
}
