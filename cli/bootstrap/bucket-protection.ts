import {
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  GetPublicAccessBlockCommand,
  PutBucketEncryptionCommand,
  PutBucketOwnershipControlsCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
  type ServerSideEncryptionRule,
} from '@aws-sdk/client-s3';
import { found, type Owned } from './owned-bucket';
import { absent, type Setting } from './setting';

/** Nobody else gets at the bucket. */
export function publicAccess(s3: S3Client, owned: Owned): Setting {
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

/** Access lists, which could let others in, do nothing. */
export function ownership(s3: S3Client, owned: Owned): Setting {
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
 * its own account only. KMS that an operator chose stays, with a bucket key: else each request for a state is one to KMS too
 * (Amazon S3 User Guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys"; DSSE-KMS has none).
 */
export function encryption(s3: S3Client, owned: Owned): Setting {
  const read = async (): Promise<ServerSideEncryptionRule | undefined> => {
    const answer = await found(
      s3.send(new GetBucketEncryptionCommand(owned)),
      'ServerSideEncryptionConfigurationNotFoundError',
    );
    return answer?.ServerSideEncryptionConfiguration?.Rules?.[0];
  };
  const algorithmOf = (rule: ServerSideEncryptionRule | undefined) =>
    rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm;
  return {
    name: 'encryption',
    desired: 'on',
    async current() {
      const rule = await read();
      const algorithm = algorithmOf(rule);
      if (algorithm === 'aws:kms' && rule?.BucketKeyEnabled !== true) return 'aws:kms without bucket key';
      return algorithm === undefined ? absent : 'on';
    },
    async apply() {
      const rule = await read();
      const encrypted: ServerSideEncryptionRule =
        algorithmOf(rule) === 'aws:kms'
          ? { ...rule, BucketKeyEnabled: true }
          : { ...rule, ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } };
      const ServerSideEncryptionConfiguration = { Rules: [encrypted] };
      await s3.send(new PutBucketEncryptionCommand({ ...owned, ServerSideEncryptionConfiguration }));
    },
  };
}
