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
import { differences, stateRule } from './lifecycle-rule';
import { found, type Owned } from './owned-bucket';
import { absent, type Setting } from './setting';

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
  const rule = stateRule(days);
  const desired = `previous versions expire after ${days} days`;
  const read = () => found(s3.send(new GetBucketLifecycleConfigurationCommand(owned)), 'NoSuchLifecycleConfiguration');
  const isOurs = ({ ID }: LifecycleRule) => ID === rule.ID;
  return {
    name: 'lifecycle',
    desired,
    current: async () => differences((await read())?.Rules?.find(isOurs), rule) ?? desired,
    async apply() {
      const { Rules = [], TransitionDefaultMinimumObjectSize } = (await read()) ?? {};
      const LifecycleConfiguration = { Rules: [...Rules.filter((other) => !isOurs(other)), rule] };
      // Left out, it would go back to its default, for the rules of others too.
      await s3.send(
        new PutBucketLifecycleConfigurationCommand({
          ...owned,
          LifecycleConfiguration,
          TransitionDefaultMinimumObjectSize,
        }),
      );
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
