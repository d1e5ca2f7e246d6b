import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  CreateImageCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  RunInstancesCommand,
  type Tag,
} from '@aws-sdk/client-ec2';
import { run, temporaryFolder } from '../scripts/support';
import { describeWith, localAws } from '../support/tools';
import { ec2Error } from './support/ec2-proxy';
import { opsAccount, sourceImage } from './support/ops-account';

jest.setTimeout(300_000);

describeWith(['aws', 'jq', localAws], 'an image that Packer gave up', () => {
  const ops = opsAccount();
  const folder = temporaryFolder();
  let builds = 0;

  /** An image as the amazon plugin makes it: with the tags of its build from the first moment on. */
  async function giveUp(build: string): Promise<string> {
    const { Instances } = await ops.ec2.send(
      new RunInstancesCommand({ ImageId: sourceImage, MinCount: 1, MaxCount: 1 }),
    );
    const Tags = Object.entries({ ManagedBy: 'packer', Image: 'manager', Name: 'packer-manager', BuildId: build }).map(
      ([Key, Value]) => ({ Key, Value }),
    );
    const { ImageId } = await ops.ec2.send(
      new CreateImageCommand({
        InstanceId: Instances![0]!.InstanceId!,
        Name: `boundless-manager-v1.2.2-${builds}`,
        TagSpecifications: [
          { ResourceType: 'image', Tags },
          { ResourceType: 'snapshot', Tags },
        ],
      }),
    );
    return ImageId!;
  }

  /** @param announced the image that Packer's output names */
  async function finish(build: string, announced?: string, env: Readonly<Record<string, string>> = {}) {
    const work = path.join(folder, build);
    mkdirSync(work);
    if (announced !== undefined)
      writeFileSync(path.join(work, 'packer.log'), `==> manager.amazon-ebs.manager: AMI: ${announced}\n`);
    const ended = await run(path.resolve('packer/build/finish-image.sh'), [work, build], {
      env: {
        ...ops.environment,
        IMAGE: 'manager',
        VERSION: 'v1.2.2',
        BROKER_VERSION: 'v1.2.1',
        SOURCE_AMI: sourceImage,
        INPUTS_HASH: 'hash',
        FINISH_PAUSE: '0',
        ...env,
      },
    });
    const record = path.join(work, 'finished.json');
    return {
      ...ended,
      finished: existsSync(record) ? (JSON.parse(readFileSync(record, 'utf8')) as unknown) : undefined,
    };
  }
  const newBuild = () => `build:${(builds += 1)}`;
  const imageOf = async (id: string) => (await ops.ec2.send(new DescribeImagesCommand({ ImageIds: [id] }))).Images![0]!;
  const asObject = (tags: readonly Tag[] = []) => Object.fromEntries(tags.map(({ Key = '', Value }) => [Key, Value]));

  test('is finished, though EC2 does not know it everywhere at first', async () => {
    const build = newBuild();
    const id = await giveUp(build);
    const refused = new Set<string>();
    ops.proxy.answer = ({ action }) =>
      action === 'CreateTags' && refused.size < refused.add(action).size
        ? ec2Error('InvalidAMIID.NotFound', 'The image id does not exist')
        : undefined;
    expect(await finish(build)).toMatchObject({ code: 0, finished: { image: 'manager', amiId: id } });
    const image = await imageOf(id);
    const tags = {
      BuildId: build,
      ManagedBy: 'packer',
      Name: image.Name,
      Version: 'v1.2.2',
      BrokerVersion: 'v1.2.1',
      InputsHash: 'hash',
      SourceAmi: sourceImage,
    };
    expect(asObject(image.Tags)).toMatchObject(tags);
    const SnapshotIds = image.BlockDeviceMappings!.map(({ Ebs }) => Ebs!.SnapshotId!);
    const { Snapshots } = await ops.ec2.send(new DescribeSnapshotsCommand({ SnapshotIds }));
    expect(Snapshots!.map(({ Tags }) => asObject(Tags))).toEqual([expect.objectContaining(tags)]);
    // The build role has no other right to change an image.
    expect(new Set(ops.proxy.actions.filter((action) => !action.startsWith('Describe')))).toEqual(
      new Set(['CreateTags']),
    );
  });

  /** EC2 does not show the images of a build in its first answers. */
  const hide = (answers: number) => {
    let looks = 0;
    ops.proxy.change = ({ action }, body) =>
      action === 'DescribeImages' && (looks += 1) <= answers
        ? body.replace(/<imagesSet>[^]*<\/imagesSet>/, '<imagesSet/>')
        : body;
  };

  test('is waited for, where EC2 has begun to make it and shows it late', async () => {
    const build = newBuild();
    const id = await giveUp(build);
    hide(3);
    expect(await finish(build, id)).toMatchObject({ code: 0, finished: { amiId: id } });
  });

  test('that EC2 does not show in time is named, with the command that removes it', async () => {
    const build = newBuild();
    const id = await giveUp(build);
    hide(Infinity);
    const { code, stderr, finished } = await finish(build, id, { FINISH_SECONDS: '1' });
    expect([code, finished]).toEqual([1, undefined]);
    expect(stderr).toContain('finish-image: EC2 does not show the image that it had begun to make.');
    expect(stderr).toContain(`aws ec2 deregister-image --delete-associated-snapshots --image-id ${id}`);
  });

  test('is waited for no longer than the build has time', async () => {
    const build = newBuild();
    const id = await giveUp(build);
    ops.proxy.change = (_, body) => body.replace(/<imageState>\w+</, '<imageState>pending<');
    const { code, stderr } = await finish(build, id, { FINISH_SECONDS: '1' });
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${id} is pending for too long. ${id} is left`)]);
  });

  test.each([
    ['failed', 'is failed'],
    ['deregistered', 'is deregistered'],
  ])('that is %s is named, with the command that removes it', async (state, message) => {
    const build = newBuild();
    const id = await giveUp(build);
    ops.proxy.change = (_, body) => body.replace(/<imageState>\w+</, `<imageState>${state}<`);
    const { code, stderr, finished } = await finish(build);
    expect([code, finished]).toEqual([1, undefined]);
    expect(stderr).toContain(`finish-image: ${id} ${message}`);
    expect(stderr).toContain(`aws ec2 deregister-image --delete-associated-snapshots --image-id ${id}`);
  });

  test('that cannot be tagged is named, and has none of the last tags', async () => {
    const build = newBuild();
    const id = await giveUp(build);
    ops.proxy.answer = ({ action }) =>
      action === 'CreateTags' ? ec2Error('UnauthorizedOperation', 'You are not authorized.') : undefined;
    const { code, stderr } = await finish(build);
    expect(code).toBe(1);
    expect(stderr).toContain('finish-image: create-tags failed: ');
    expect(stderr).toContain(`${id} is left`);
    expect(ops.proxy.actions.filter((action) => action === 'CreateTags')).toHaveLength(1);
    expect(asObject((await imageOf(id)).Tags)).not.toHaveProperty('InputsHash');
  });

  test('is not there: nothing is finished or reported', async () => {
    expect(await finish(newBuild())).toEqual({ code: 1, stdout: '', stderr: '', finished: undefined });
  });
});
