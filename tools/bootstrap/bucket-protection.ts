import {
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetPublicAccessBlockCommand,
  PutBucketEncryptionCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { denyPlainText, tlsOnlySid, withStatement, type PolicyDocument } from './bucket-policy';
import { absent, found, type Owned } from './owned-bucket';
import type { Setting } from './setting';

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
 * its own account only. A stricter encryption that somebody chose (KMS) is left as it is.
 */
export function encryption(s3: S3Client, owned: Owned): Setting {
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

/** Other statements that somebody added stay: this one only takes away. */
export function tlsOnly(s3: S3Client, owned: Owned): Setting {
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
