import { MemoryCloud, day, now, opsAccount, serviceAccounts } from './memory/cloud';
import { emptyGroup } from './memory/world';
import { ago, disabledLong, disabledTag } from './support';

const buildTags = Object.entries({
  Project: 'boundless-ami-factory',
  ManagedBy: 'packer',
  Image: 'manager',
  BuildId: 'packer-build-project:dead',
}).map(([Key, Value]) => ({ Key, Value }));
/** As Packer names keys and groups: the UUID begins with the time in seconds. */
const packerName = (time: number): string =>
  `packer_${Math.floor(time / 1000).toString(16)}-0000-0000-0000-000000000000`;

/** Ids of one image for each thing that a run does. */
export const each = {
  deprecate: 'ami-0000000000000d001',
  disable: 'ami-0000000000000d002',
  deregister: 'ami-0000000000000d003',
  protect: 'ami-000000000000000b1',
  unprotect: 'ami-0000000000000d004',
  record: 'ami-0000000000000d005',
  forget: 'ami-000000000000000b2',
};

/** What a dead build left, made at that time. */
export function leave(cloud: MemoryCloud, time: number): void {
  const { ops } = cloud;
  const [Tags, name] = [buildTags, packerName(time)];
  const GroupId = `sg-${ops.securityGroups.length}`;
  ops.instances.push({
    InstanceId: `i-${ops.instances.length}`,
    ImageId: 'ami-00000000000000fff',
    LaunchTime: new Date(time),
    SecurityGroups: [{ GroupId }],
    Tags,
  });
  Object.assign(ops.template(name, ['ami-00000000000000fff']), { Tags, CreateTime: new Date(time) });
  ops.keyPairs.push({ KeyName: name, CreateTime: new Date(time), Tags });
  ops.securityGroups.push({ GroupId, GroupName: name, Tags });
  ops.volumes.push({ VolumeId: `vol-${ops.volumes.length}`, Size: 8, CreateTime: new Date(time), Tags });
  ops.snapshots.push({ SnapshotId: `snap-left-${name}`, StartTime: new Date(time), VolumeSize: 16, Tags });
}

/** A factory in which one run has each thing to do once. */
export function everythingToDo(): MemoryCloud {
  const cloud = new MemoryCloud();
  for (let index = 3; index <= 5; index += 1) cloud.image(`ami-000000000000000b${index}`, 40 + index);
  cloud.image(each.protect, 41);
  cloud.image(each.forget, 42, {}, { RetirementDisabledAt: ago(200) });
  cloud.image(each.deprecate, 301);
  cloud.image(each.disable, 302, { DeprecationTime: ago(60) });
  cloud.image(each.deregister, 303, disabledLong, disabledTag);
  const wasReleased = { DeprecationTime: ago(5), DeregistrationProtection: 'enabled-without-cooldown' };
  cloud.image(each.unprotect, 304, wasReleased, { RetirementProtectedBy: 'packer-ami-cleanup' });
  cloud.image(each.record, 305, disabledLong);
  for (const id of [opsAccount, ...serviceAccounts]) {
    const account = cloud.account(id);
    account.parameters.set('/boundless/ami/manager/validated', each.protect);
    account.template('t', ['resolve:ssm:/boundless/ami/manager/validated']);
    account.groups.push(emptyGroup('g'));
  }
  leave(cloud, now - 2 * day);
  // Of a build that runs: all of it stays.
  leave(cloud, now - 3600 * 1000);
  return cloud;
}

/** What a cloud holds of what runs change, without times: those of a repetition are later. */
export function stateOf({ ops }: MemoryCloud): unknown {
  return {
    images: ops.images.map(({ ImageId, State, DeprecationTime, DeregistrationProtection, Tags = [] }) => ({
      ImageId,
      State,
      isDeprecated: DeprecationTime !== undefined,
      isProtected: !['disabled', undefined].includes(DeregistrationProtection),
      tags: Tags.flatMap(({ Key = '' }) => (Key.startsWith('Retirement') ? Key : [])).sort(),
    })),
    snapshots: ops.snapshots.map(({ SnapshotId }) => SnapshotId),
    instances: ops.instances.map(({ State }) => State?.Name),
    templates: ops.templates.length,
    keyPairs: ops.keyPairs.length,
    securityGroups: ops.securityGroups.length,
    volumes: ops.volumes.length,
  };
}
