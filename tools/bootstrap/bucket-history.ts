import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  type LifecycleRule,
  type S3Client,
} from '@aws-sdk/client-s3';
import { project } from '../../config/names';
import { absent, found, type Owned } from './owned-bucket';
import type { Setting } from './setting';

/** A state that was overwritten or deleted can be restored. */
export function versioning(s3: S3Client, owned: Owned): Setting {
  return {
    name: 'versioning',
    desired: 'Enabled',
    current: async () => (await s3.send(new GetBucketVersioningCommand(owned))).Status ?? absent,
    async apply() {
      await s3.send(new PutBucketVersioningCommand({ ...owned, VersioningConfiguration: { Status: 'Enabled' } }));
    },
  };
}

/** Rules of other names stay. */
export function lifecycle(s3: S3Client, owned: Owned, days: number): Setting {
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
export function tags(s3: S3Client, owned: Owned, environment: string): Setting {
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
