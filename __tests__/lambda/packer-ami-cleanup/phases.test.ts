import { functionEnvironment } from '../../support/function-environment';
import { day, environment, MemoryCloud, now } from './memory/cloud';
import { cloudWithOld, disabledLong, disabledTag, old, retire } from './support';

/** A factory with one image that is to be deregistered, and five that stay. */
function cloudWithDisabled(changes: object = {}, tags: Readonly<Record<string, string>> = {}): MemoryCloud {
  const cloud = cloudWithOld();
  cloud.ops.images.splice(0, cloud.ops.images.length, ...cloud.ops.images.filter(({ ImageId }) => ImageId !== old));
  cloud.ops.snapshots.splice(-1);
  cloud.image(old, 300, { ...disabledLong, ...changes }, { ...disabledTag, ...tags });
  return cloud;
}
const outcome = (cloud: MemoryCloud) => cloud.report.images.find(({ imageId }) => imageId === old);
const snapshots = (cloud: MemoryCloud) => cloud.ops.snapshots.map(({ SnapshotId }) => SnapshotId);
const undo = (imageId = old, more: object = {}) => ({ command: 'undo', imageId, ...more });

describe('the phases of an image', () => {
  functionEnvironment(environment);

  test('from superseded to deregistered, one run a day', async () => {
    const cloud = cloudWithOld();
    delete cloud.find(old)!.DeprecationTime;
    const seen: (string | undefined)[] = [];
    for (let days = 0; days <= 70 && cloud.find(old) !== undefined; days += 1) {
      const { error } = await cloud.invoke(retire, { now: now + days * day });
      expect(error).toBeUndefined();
      const { outcome: last } = outcome(cloud)!;
      if (last !== 'keep') seen.push(`${last} on day ${days}`);
    }
    // The deprecation begins a minute after its run: a day more.
    expect(seen).toEqual(['deprecate on day 0', 'disable on day 31', 'deregister on day 61']);
    expect(cloud.ops.images).toHaveLength(5);
    expect(snapshots(cloud)).toHaveLength(5);
    expect(cloud.report.summary).toMatchObject({ freedGiB: 64, freedUsdPerMonth: 3.2, kept: 5 });
  });

  test('a snapshot that another image has too stays with it', async () => {
    const cloud = cloudWithDisabled();
    const [mapping] = cloud.find(old)!.BlockDeviceMappings!;
    cloud.ops.images[0]!.BlockDeviceMappings!.push({ ...mapping, DeviceName: '/dev/sdc' });
    const before = snapshots(cloud);
    expect((await cloud.invoke(retire)).error).toBeUndefined();
    expect(cloud.find(old)).toBeUndefined();
    expect(snapshots(cloud)).toEqual(before);
    expect((await cloud.invoke(retire)).error).toBeUndefined();
    expect(snapshots(cloud)).toEqual(before);
  });

  test('a snapshot that EC2 did not delete fails the run, and goes with what builds left', async () => {
    const cloud = cloudWithDisabled();
    const kept = [...cloud.ops.snapshots];
    cloud.instead = (action) => {
      if (action !== 'DeregisterImage') return undefined;
      cloud.ops.images = cloud.ops.images.filter(({ ImageId }) => ImageId !== old);
      return { DeleteSnapshotResults: [{ SnapshotId: `snap-${old.slice(4)}`, ReturnCode: 'missing-permissions' }] };
    };
    const { error } = await cloud.invoke(retire);
    expect(error?.message).toContain(`not all of its snapshots are deleted: snap-${old.slice(4)} missing-permissions`);
    expect(cloud.ops.snapshots).toEqual(kept);
    expect((await cloud.invoke(retire)).error).toBeUndefined();
    expect(snapshots(cloud)).toHaveLength(5);
  });

  test('an image that others protect is reported, and fails nothing', async () => {
    const cloud = cloudWithDisabled({ DeregistrationProtection: 'enabled-with-cooldown' });
    expect((await cloud.invoke(retire)).error).toBeUndefined();
    expect(outcome(cloud)).toMatchObject({ outcome: 'keep', reasons: ['it has deregistration protection'] });
  });

  test('an operator who keeps an image while the run looks around keeps it', async () => {
    const cloud = cloudWithDisabled();
    let looks = 0;
    cloud.instead = (action) => {
      // The second look at images is the one before the change.
      if (action === 'DescribeImages' && (looks += 1) === 2)
        cloud.find(old)!.Tags!.push({ Key: 'Keep', Value: 'audit' });
      return undefined;
    };
    expect((await cloud.invoke(retire)).error).toBeUndefined();
    expect(outcome(cloud)).toMatchObject({
      outcome: 'keep',
      reasons: ['it has changed since the run began; the next one looks at it again'],
    });
    expect(cloud.find(old)).toBeDefined();
  });

  test('images of others, and those without the tags of the factory, are not touched', async () => {
    const cloud = cloudWithOld();
    cloud.image('ami-00000000000000ccc', 900, {}, { ManagedBy: 'hand' });
    cloud.image('ami-00000000000000ddd', 900, {}, { Image: 'other' });
    await cloud.invoke(retire);
    expect(cloud.report.images.map(({ imageId }) => imageId)).toHaveLength(6);
    expect(['ami-00000000000000ccc', 'ami-00000000000000ddd'].map((id) => cloud.find(id)?.DeprecationTime)).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('one that is used and cannot be launched is a problem, that people are notified of', async () => {
    const cloud = cloudWithDisabled();
    cloud.account('222222222222').parameters.set('/boundless/ami/manager/pinned', old);
    expect((await cloud.invoke(retire)).error).toBeUndefined();
    const problem = `${old} is disabled, and 222222222222 parameter /boundless/ami/manager/pinned cannot launch it; undo its retirement`;
    expect(cloud.report.summary.problems).toEqual([problem]);
    expect(cloud.events).toMatchObject([{ detail: { problems: [problem] } }]);
  });
});

describe('undo', () => {
  functionEnvironment(environment);

  test.each([
    ['disabled', () => cloudWithDisabled()],
    ['deprecated', () => cloudWithOld()],
  ])('brings a %s image back, and its time begins again', async (_, make) => {
    const cloud = make();
    const { result, error } = await cloud.invoke(undo());
    expect({ result, error }).toMatchObject({ result: { imageId: old, isChanged: true }, error: undefined });
    expect(cloud.find(old)).toMatchObject({ State: 'available' });
    expect(cloud.find(old)?.DeprecationTime).toBeUndefined();
    await cloud.invoke(retire, { now: now + 13 * day });
    expect(outcome(cloud)).toMatchObject({ phase: 'superseded', outcome: 'keep' });
    await cloud.invoke(retire, { now: now + 15 * day });
    expect(outcome(cloud)).toMatchObject({ phase: 'superseded', outcome: 'deprecate' });
  });

  test('changes nothing of an image that was not retired, and nothing in a dry run', async () => {
    const current = 'ami-000000000000000b1';
    const calls = async (cloud: MemoryCloud, input: object) =>
      (await cloud.invoke(input)).calls.map(({ action }) => action);
    expect(await calls(cloudWithOld(), undo(current))).toEqual(['ec2:DescribeImages']);
    expect(await calls(cloudWithDisabled(), undo(old, { dryRun: true }))).toEqual(['ec2:DescribeImages']);
  });

  test('that is cut short is finished by a repetition', async () => {
    const { calls } = await cloudWithDisabled().invoke(undo());
    // The look at the image and the tag come first; before the tag nothing has been done.
    for (let last = 2; last < calls.length; last += 1) {
      const cloud = cloudWithDisabled();
      await cloud.invoke(undo(), { decide: (_, index) => (index >= last ? 'deny' : undefined) });
      // A run that comes in between does not go on where the retirement was.
      await cloud.invoke(retire, { now: now + day });
      expect((await cloud.invoke(undo())).error).toBeUndefined();
      expect(cloud.find(old)?.State).toBe('available');
      expect(cloud.find(old)?.DeprecationTime).toBeUndefined();
    }
  });

  test.each([
    ['withdrawn', () => cloudWithDisabled({}, { Withdrawn: 'bad' }), 'it was withdrawn as a bad one'],
    ['deregistered', () => new MemoryCloud(), 'there is no such image of the factory any more'],
    ['not of the factory', () => cloudWithDisabled({}, { ManagedBy: 'hand' }), 'there is no such image of the factory'],
  ])('is refused for an image that is %s', async (_, make, reason) => {
    const { error } = await make().invoke(undo());
    expect(error).toMatchObject({ name: 'UndoRefusedError', permanent: true });
    expect(error?.message).toContain(reason);
  });

  test.each([
    [{ command: 'undo', imageId: 'ami-1' }, 'imageId is no image id'],
    [{ command: 'retire', dryrun: true }, 'dryrun'],
    [{ command: 'other' }, 'command'],
  ])('%j is refused as a command', async (input, reason) => {
    const { error, calls } = await new MemoryCloud().invoke(input);
    expect(error?.name).toBe('InvalidCommandError');
    expect(error?.message).toContain(reason);
    expect(calls).toEqual([]);
  });
});
