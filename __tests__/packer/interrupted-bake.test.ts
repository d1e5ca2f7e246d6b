import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
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
});
