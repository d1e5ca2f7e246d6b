import {
  CreateBucketCommand,
  HeadBucketCommand,
  S3ServiceException,
  type BucketLocationConstraint,
  type S3Client,
} from '@aws-sdk/client-s3';
import { lifecycle, tags, versioning } from './bucket-history';
import { encryption, ownership, publicAccess, tlsOnly } from './bucket-protection';
import { absent } from './owned-bucket';
import type { Setting } from './setting';

export interface StateBucket {
  readonly name: string;
  readonly region: string;
  /** Every call names the owner: a bucket of that name in another account is refused, not configured. */
  readonly accountId: string;
  readonly environment: string;
  /** Days for which replaced versions of a state can be restored. */
  readonly previousVersionsDays: number;
}

/** S3 answers the same for a bucket of somebody else, and for one that these credentials may not see. */
export class BucketRefusedError extends Error {
  override readonly name = 'BucketRefusedError';

  constructor(bucket: string, accountId: string) {
    super(
      `S3 refuses the bucket ${bucket}: it belongs to another account than ${accountId}, or these credentials lack ` +
        's3:ListBucket on it. Use credentials of an administrator, or find out whose it is. Nothing was changed.',
    );
  }
}

/** The bucket itself; everything else needs it. */
export function bucketItself(s3: S3Client, { name, region, accountId }: StateBucket): Setting {
  return {
    name: 'bucket',
    desired: name,
    async current() {
      try {
        await s3.send(new HeadBucketCommand({ Bucket: name, ExpectedBucketOwner: accountId }));
        return name;
      } catch (error) {
        if (!(error instanceof S3ServiceException)) throw error;
        if (error.$metadata.httpStatusCode === 404) return absent;
        if (error.$metadata.httpStatusCode === 403) throw new BucketRefusedError(name, accountId);
        throw error;
      }
    },
    async apply() {
      // us-east-1 has no location constraint of its own (Amazon S3 API Reference, "CreateBucket").
      const location = region === 'us-east-1' ? undefined : (region as BucketLocationConstraint);
      await s3.send(
        new CreateBucketCommand({
          Bucket: name,
          ObjectOwnership: 'BucketOwnerEnforced',
          ...(location !== undefined && { CreateBucketConfiguration: { LocationConstraint: location } }),
        }),
      );
    },
  };
}

/** What the bucket must be. The order matters: nothing is ever public, not even for a moment. */
export function bucketSettings(s3: S3Client, bucket: StateBucket): Setting[] {
  const owned = { Bucket: bucket.name, ExpectedBucketOwner: bucket.accountId };
  return [
    publicAccess(s3, owned),
    ownership(s3, owned),
    encryption(s3, owned),
    versioning(s3, owned),
    tlsOnly(s3, owned),
    lifecycle(s3, owned, bucket.previousVersionsDays),
    tags(s3, owned, bucket.environment),
  ];
}
