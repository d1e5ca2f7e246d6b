import {
  BucketAlreadyExists,
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  HeadBucketCommand,
  S3ServiceException,
  type BucketLocationConstraint,
  type S3Client,
} from '@aws-sdk/client-s3';
import { lifecycle, tags, versioning } from './bucket-history';
import { encryption, ownership, publicAccess } from './bucket-protection';
import type { Owned } from './owned-bucket';
import { absent, type Setting } from './setting';
import { tlsOnly } from './tls-only';

export interface StateBucket {
  readonly name: string;
  readonly region: string;
  /** Every call names the owner: a bucket of that name in another account is refused, not configured. */
  readonly accountId: string;
  readonly environment: string;
  /** Days for which replaced versions of a state can be restored. */
  readonly previousVersionsDays: number;
}

/** S3 answers the same for a bucket of another account, and for one that these credentials may not see. */
export class BucketRefusedError extends Error {
  override readonly name = 'BucketRefusedError';

  constructor(bucket: string, accountId: string) {
    super(
      `S3 refuses the bucket ${bucket}: it belongs to another account than ${accountId}, or these credentials lack ` +
        's3:ListBucket on it. Use credentials of an administrator, or find out whose it is. Nothing was changed.',
    );
  }
}

/** The bucket of that name was made in another region, where the stacks would not find it. */
export class BucketElsewhereError extends Error {
  override readonly name = 'BucketElsewhereError';

  constructor(bucket: string, region: string) {
    super(
      `The bucket ${bucket} is not in ${region}, the region in its name; see where with \`aws s3api get-bucket-location ` +
        `--bucket ${bucket}\`, and remove it by hand if it holds no state. Nothing was changed.`,
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
        if (error.$metadata.httpStatusCode === 301) throw new BucketElsewhereError(name, region);
        throw error;
      }
    },
    async apply() {
      // us-east-1 has no location constraint of its own (Amazon S3 API Reference, "CreateBucket").
      const location = region === 'us-east-1' ? undefined : (region as BucketLocationConstraint);
      try {
        await s3.send(
          new CreateBucketCommand({
            Bucket: name,
            ObjectOwnership: 'BucketOwnerEnforced',
            ...(location !== undefined && { CreateBucketConfiguration: { LocationConstraint: location } }),
          }),
        );
      } catch (error) {
        if (error instanceof BucketAlreadyExists) throw new BucketRefusedError(name, accountId);
        // Another run was faster, or this one was retried; reading back has the last word.
        if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
      }
    },
  };
}

export const owned = ({ name, accountId }: StateBucket): Owned => ({ Bucket: name, ExpectedBucketOwner: accountId });

/** What the bucket must be. The order matters: nothing is ever public, not even for a moment. */
export function bucketSettings(s3: S3Client, bucket: StateBucket): Setting[] {
  const the = owned(bucket);
  return [
    publicAccess(s3, the),
    ownership(s3, the),
    encryption(s3, the),
    versioning(s3, the),
    tlsOnly(s3, the),
    lifecycle(s3, the, bucket.previousVersionsDays),
    tags(s3, the, bucket.environment),
  ];
}
