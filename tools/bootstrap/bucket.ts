import {
  CreateBucketCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  S3ServiceException,
  type BucketLocationConstraint,
  type LifecycleRule,
  type S3Client,
} from '@aws-sdk/client-s3';
import { project } from '../../config/names';
import { denyPlainText, tlsOnlySid, withStatement, type PolicyDocument } from './bucket-policy';
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

const absent = '(nothing)';

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

/** The answer, or undefined where S3 says that there is none. */
async function found<T>(request: Promise<T>, ...codes: readonly string[]): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof S3ServiceException && codes.includes(error.name)) return undefined;
    throw error;
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

interface Owned {
  readonly Bucket: string;
  readonly ExpectedBucketOwner: string;
}

function publicAccess(s3: S3Client, owned: Owned): Setting {
  const flags = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const;
  return {
    name: 'public access',
    desired: 'blocked',
    async current() {
      const answer = await found(
        s3.send(new GetPublicAccessBlockCommand(owned)),
        'NoSuchPublicAccessBlockConfiguration',
      );
      const configuration = answer?.PublicAccessBlockConfiguration;
      const open = flags.filter((flag) => configuration?.[flag] !== true);
      return open.length === 0 ? 'blocked' : `open to ${open.join(', ')}`;
    },
    async apply() {
      const PublicAccessBlockConfiguration = Object.fromEntries(flags.map((flag) => [flag, true]));
      await s3.send(new PutPublicAccessBlockCommand({ ...owned, PublicAccessBlockConfiguration }));
    },
  };
}

function ownership(s3: S3Client, owned: Owned): Setting {
  return {
    name: 'object ownership',
    desired: 'BucketOwnerEnforced',
    async current() {
      const answer = await found(
        s3.send(new GetBucketOwnershipControlsCommand(owned)),
        'OwnershipControlsNotFoundError',
      );
      return answer?.OwnershipControls?.Rules?.[0]?.ObjectOwnership ?? absent;
    },
    async apply() {
      const OwnershipControls = { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' as const }] };
      await s3.send(new PutBucketOwnershipControlsCommand({ ...owned, OwnershipControls }));
    },
  };
}

/**
 * S3's own keys: they cost nothing, need no key policy that could lock the state away, and the bucket is used by roles of
 * its own account only. A stricter encryption that somebody chose (KMS) is left as it is.
 */
function encryption(s3: S3Client, owned: Owned): Setting {
  const accepted = ['AES256', 'aws:kms', 'aws:kms:dsse'];
  return {
    name: 'encryption',
    desired: 'on',
    async current() {
      const answer = await found(
        s3.send(new GetBucketEncryptionCommand(owned)),
        'ServerSideEncryptionConfigurationNotFoundError',
      );
      const [rule] = answer?.ServerSideEncryptionConfiguration?.Rules ?? [];
      return accepted.includes(rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? '') ? 'on' : absent;
    },
    async apply() {
      const ServerSideEncryptionConfiguration = {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const } }],
      };
      await s3.send(new PutBucketEncryptionCommand({ ...owned, ServerSideEncryptionConfiguration }));
    },
  };
}

function versioning(s3: S3Client, owned: Owned): Setting {
  return {
    name: 'versioning',
    desired: 'Enabled',
    current: async () => (await s3.send(new GetBucketVersioningCommand(owned))).Status ?? absent,
    async apply() {
      await s3.send(new PutBucketVersioningCommand({ ...owned, VersioningConfiguration: { Status: 'Enabled' } }));
    },
  };
}

/** Other statements that somebody added stay: this one only takes away. */
function tlsOnly(s3: S3Client, owned: Owned): Setting {
  const statement = denyPlainText(owned.Bucket);
  const read = async (): Promise<PolicyDocument | undefined> => {
    const answer = await found(s3.send(new GetBucketPolicyCommand(owned)), 'NoSuchBucketPolicy');
    return answer?.Policy === undefined ? undefined : (JSON.parse(answer.Policy) as PolicyDocument);
  };
  return {
    name: 'policy',
    desired: 'TLS only',
    async current() {
      const own = (await read())?.Statement.find(({ Sid }) => Sid === tlsOnlySid);
      return JSON.stringify(own) === JSON.stringify(statement) ? 'TLS only' : own === undefined ? absent : 'altered';
    },
    async apply() {
      await s3.send(
        new PutBucketPolicyCommand({ ...owned, Policy: JSON.stringify(withStatement(await read(), statement)) }),
      );
    },
  };
}

/** Rules of other names stay. */
function lifecycle(s3: S3Client, owned: Owned, days: number): Setting {
  const rule: LifecycleRule = {
    ID: 'boundless-terraform-state',
    Status: 'Enabled',
    Filter: { Prefix: '' },
    NoncurrentVersionExpiration: { NoncurrentDays: days },
    Expiration: { ExpiredObjectDeleteMarker: true },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
  };
  const read = async () =>
    (await found(s3.send(new GetBucketLifecycleConfigurationCommand(owned)), 'NoSuchLifecycleConfiguration'))?.Rules ??
    [];
  const describe = (current: LifecycleRule | undefined): string =>
    current?.Status === 'Enabled'
      ? `previous versions expire after ${current.NoncurrentVersionExpiration?.NoncurrentDays ?? 0} days`
      : absent;
  return {
    name: 'lifecycle',
    desired: describe(rule),
    current: async () => describe((await read()).find(({ ID }) => ID === rule.ID)),
    async apply() {
      const Rules = [...(await read()).filter(({ ID }) => ID !== rule.ID), rule];
      await s3.send(new PutBucketLifecycleConfigurationCommand({ ...owned, LifecycleConfiguration: { Rules } }));
    },
  };
}

/** Other tags stay. */
function tags(s3: S3Client, owned: Owned, environment: string): Setting {
  const wanted: Readonly<Record<string, string>> = {
    Project: project,
    ManagedBy: 'bootstrap',
    Environment: environment,
  };
  const text = (values: Readonly<Record<string, string | undefined>>) =>
    Object.keys(wanted)
      .map((key) => `${key}=${values[key] ?? ''}`)
      .join(' ');
  const read = async (): Promise<Record<string, string>> => {
    const answer = await found(s3.send(new GetBucketTaggingCommand(owned)), 'NoSuchTagSet');
    return Object.fromEntries((answer?.TagSet ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
  };
  return {
    name: 'tags',
    desired: text(wanted),
    current: async () => text(await read()),
    async apply() {
      const TagSet = Object.entries({ ...(await read()), ...wanted }).map(([Key, Value]) => ({ Key, Value }));
      await s3.send(new PutBucketTaggingCommand({ ...owned, Tagging: { TagSet } }));
    },
  };
}
