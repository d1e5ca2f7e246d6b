import { timeInName } from '../../../lambda/packer-ami-cleanup/leftovers/find';
import { functionEnvironment } from '../../support/function-environment';
import { leave } from './everything';
import { environment, MemoryCloud, now, policy } from './memory/cloud';
import { cloudWithOld, retire } from './support';

const hour = 3600 * 1000;
const limit = now - policy.leftoverHours * hour;
const removed = (cloud: MemoryCloud) =>
  cloud.report.leftovers.filter(({ outcome }) => outcome === 'removed').map(({ what }) => what);
const all = ['instance', 'launch template', 'key pair', 'security group', 'volume', 'snapshot'];

describe('what dead builds left', () => {
  functionEnvironment(environment);

  test('is removed once it is older than any build, instances first, and named with its build', async () => {
    const cloud = cloudWithOld();
    leave(cloud, limit - 1000);
    expect((await cloud.invoke(retire)).error).toBeUndefined();
    expect(removed(cloud)).toEqual(all);
    expect(new Set(cloud.report.leftovers.map(({ buildId }) => buildId))).toEqual(
      new Set(['packer-build-project:dead']),
    );
    expect(cloud.report.summary).toMatchObject({ freedGiB: 24, freedUsdPerMonth: 1.2 });
  });

  test('stays while a build may still need it', async () => {
    const cloud = cloudWithOld();
    leave(cloud, limit + 1000);
    await cloud.invoke(retire);
    expect(cloud.report.leftovers).toEqual([]);
  });

  test('is nothing without the tags of a build, or without a time', async () => {
    const cloud = cloudWithOld();
    leave(cloud, limit - hour);
    const { ops } = cloud;
    for (const one of [...ops.instances, ...ops.volumes, ...ops.templates, ...ops.keyPairs, ...ops.snapshots])
      one.Tags = (one.Tags ?? []).filter(({ Key }) => Key !== 'Project');
    ops.securityGroups[0]!.GroupName = 'made by hand';
    await cloud.invoke(retire);
    expect(cloud.report.leftovers).toEqual([]);
  });

  test('a group that something still uses is left to the next run, and fails nothing', async () => {
    const cloud = cloudWithOld();
    leave(cloud, limit - hour);
    const GroupId = cloud.ops.securityGroups[0]!.GroupId!;
    cloud.ops.instances.push({ InstanceId: 'i-other', SecurityGroups: [{ GroupId }] });
    expect((await cloud.invoke(retire)).error).toBeUndefined();
    const group = cloud.report.leftovers.find(({ what }) => what === 'security group');
    expect(group?.outcome).toBe('left');
    expect(group?.reason).toContain('DependencyViolation');
  });

  test('is removed in no greater number than the cap of a run', async () => {
    const cloud = cloudWithOld();
    for (let builds = 0; builds < 10; builds += 1) leave(cloud, limit - (builds + 1) * hour);
    await cloud.invoke(retire);
    expect(cloud.report.summary.leftovers).toEqual({ removed: policy.changesPerRun, left: 10, failed: 0 });
    await cloud.invoke(retire);
    expect(cloud.report.summary.leftovers).toEqual({ removed: 10, left: 0, failed: 0 });
  });
});

test('the name of a group that Packer made has its time', () => {
  expect(timeInName('packer_692d0d80-1b2c-3d4e-5f60-718293a4b5c6')).toBe(Date.parse('2025-12-01T03:37:36Z'));
  for (const name of [undefined, 'default', 'packer_1']) expect(timeInName(name)).toBeNaN();
});
