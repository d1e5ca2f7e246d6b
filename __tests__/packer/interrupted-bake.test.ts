import { DescribeImagesCommand, DescribeInstancesCommand, DescribeSecurityGroupsCommand } from '@aws-sdk/client-ec2';
import { awsClients } from '../../lambda/packer-ami-cleanup/clients';
import { findLeftovers, timeInName } from '../../lambda/packer-ami-cleanup/leftovers/find';
import { removeLeftovers } from '../../lambda/packer-ami-cleanup/leftovers/remove';
import type { Run } from '../../lambda/packer-ami-cleanup/run';
import { brokenRules } from '../../lambda/packer-ami-sharing/images/rules';
import { hasPlugins, packerVersion } from '../../lab/local-bake/version';
import { run } from '../scripts/support';
import { bashIn, sectionOf } from '../support/document';
import { describeWith, localAws } from '../support/tools';
import { realBuilds, toolsOfRealBuilds } from './support/real-builds';

jest.setTimeout(120_000);

describeWith([...toolsOfRealBuilds, localAws], 'a bake that is killed right after CreateImage', () => {
  const { ops, id, build, kill } = realBuilds();

  test('leaves an image that hides no older one, that is not shared, and that the documented command lists', async () => {
    const older = await build();
    expect(older.code).toBe(0);

    let isMade = false;
    ops.proxy.answer = ({ action }) => {
      if (isMade) kill();
      isMade ||= action === 'CreateImage';
      return undefined;
    };
    // The file that the end of a build's shell writes.
    await expect(build({ FORCE_BUILD: 'true' })).rejects.toThrow('ENOENT');
    ops.proxy.reset();

    const { Images = [] } = await ops.ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
    const leftovers = Images.filter(({ ImageId }) => ImageId !== older.exported['AMI_ID']);
    expect(leftovers).toHaveLength(1);
    const [leftover] = leftovers as [(typeof leftovers)[number]];
    const tags = Object.fromEntries((leftover.Tags ?? []).map(({ Key = '', Value }) => [Key, Value]));
    expect(tags).not.toHaveProperty('Version');
    expect(tags).not.toHaveProperty('InputsHash');
    // Packer 1.6 tags an image only in the end.
    if (hasPlugins(await packerVersion()))
      expect(tags).toMatchObject({ Project: 'boundless-ami-factory', Image: 'manager', BuildId: id() });

    const expected = { opsAccountId: ops.accountId, imageKeyArn: ops.keyArn, now: new Date() };
    expect(brokenRules({ image: leftover, snapshots: [], launchPermissions: [] }, expected)).toEqual(
      expect.arrayContaining([expect.objectContaining({ rule: 'tag Version is set' })]),
    );

    const again = await build();
    expect([again.code, again.exported]).toEqual([0, { ...older.exported, REUSED: 'true' }]);

    const [, , command = ''] = bashIn(sectionOf('docs/building.md', '### What a build that was stopped leaves behind'));
    const { stdout } = await run('bash', ['-c', command], { env: ops.environment });
    expect(stdout).toContain(leftover.ImageId);
    expect(stdout).not.toContain(older.exported['AMI_ID']);
  });

  /** As the cleanup Lambda removes leftovers; its tests have the rest of a run. */
  async function cleanUp(hoursLater: number) {
    const now = Date.now() + hoursLater * 3600 * 1000;
    const run = {
      clients: awsClients(await ops.aws.clientSettings(ops.accountId)),
      settings: { rules: { changesPerRun: 50 } },
      waits: { change: [1, 1], retry: [1], sleep: () => Promise.resolve() },
      dryRun: false,
      mayBegin: () => true,
    } as unknown as Run;
    const { Images = [] } = await ops.ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
    const used = Images.flatMap(({ BlockDeviceMappings = [] }) =>
      BlockDeviceMappings.map(({ Ebs }) => Ebs?.SnapshotId ?? ''),
    );
    return removeLeftovers(run, await findLeftovers(ops.ec2, now - 24 * 3600 * 1000, new Set(used)));
  }

  test('leaves a builder, a key pair and a group, which the cleanup Lambda removes a day later', async () => {
    const { SecurityGroups = [] } = await ops.ec2.send(new DescribeSecurityGroupsCommand({}));
    const groups = SecurityGroups.filter(({ GroupName = '' }) => GroupName.startsWith('packer_'));
    expect(groups).toHaveLength(1);
    // The name that Packer gave it has its time.
    expect(Math.abs(Date.now() - timeInName(groups[0]!.GroupName))).toBeLessThan(600_000);

    expect(await cleanUp(23)).toEqual([]);
    const removed = await cleanUp(25);
    // Packer 1.6 tags neither key pairs nor groups.
    const expected = hasPlugins(await packerVersion()) ? ['instance', 'key pair', 'security group'] : ['instance'];
    expect(removed).toMatchObject(expected.map((what) => ({ what, outcome: 'removed' })));
    const Filters = [{ Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] }];
    expect((await ops.ec2.send(new DescribeInstancesCommand({ Filters }))).Reservations).toEqual([]);
  });
});
