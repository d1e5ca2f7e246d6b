import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DescribeImagesCommand, DescribeInstancesCommand, DescribeSnapshotsCommand } from '@aws-sdk/client-ec2';
import { imageIdsAmong } from '../../lambda/packer-ami-sharing/events/image-variables';
import { brokenRules } from '../../lambda/packer-ami-sharing/images/rules';
import { bash, run } from '../scripts/support';
import { bashIn } from '../support/document';
import { describeWith, localAws } from '../support/tools';
import { dated } from './support/ec2-proxy';
import { sourceImage } from './support/ops-account';
import { realBuilds, toolsOfRealBuilds, type RealBuild } from './support/real-builds';

jest.setTimeout(180_000);

describeWith([...toolsOfRealBuilds, localAws], 'a build with the real Packer', () => {
  const { ops, build } = realBuilds();
  let made: RealBuild;
  beforeAll(async () => {
    made = await build({ CODEBUILD_RESOLVED_SOURCE_VERSION: 'abcdef' });
  });

  const imageOf = async ({ exported }: RealBuild) => {
    const { Images } = await ops.ec2.send(new DescribeImagesCommand({ ImageIds: [exported['AMI_ID']!] }));
    return Images![0]!;
  };

  describe('without an image of the same inputs', () => {
    test('bakes one, and exports its id and what is inside', () => {
      expect([made.code, made.exported]).toEqual([
        0,
        {
          AMI_ID: expect.stringMatching(/^ami-[0-9a-f]{17}$/) as string,
          IMAGE: 'manager',
          REUSED: 'false',
          VERSION: 'v1.0.1',
          BROKER_VERSION: 'v1.0.0',
          INPUTS_HASH: createHash('sha256').update(made.read('inputs.txt')).digest('hex'),
        },
      ]);
    });

    test('tags it with what it was baked from and by, and encrypts it with the key', async () => {
      const image = await imageOf(made);
      expect(Object.fromEntries(image.Tags!.map(({ Key = '', Value }) => [Key, Value]))).toMatchObject({
        Image: 'manager',
        InputsHash: createHash('sha256').update(made.read('inputs.txt')).digest('hex'),
        SourceAmi: sourceImage,
        GitCommit: 'abcdef',
        BuildId: made.id,
      });
      const snapshots = image.BlockDeviceMappings!.map(({ Ebs }) => Ebs!.SnapshotId!);
      const { Snapshots } = await ops.ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: snapshots }));
      expect(Snapshots).toMatchObject([{ Encrypted: true, KmsKeyId: ops.keyArn }]);
    });

    test('leaves what CodeBuild uploads', () => {
      expect(made.artifacts).toEqual(['image.env', 'image.json', 'inputs.txt', 'manifest.json', 'packer.log']);
      const { AMI_ID: amiId } = made.exported;
      expect(JSON.parse(made.read('image.json'))).toEqual({
        image: 'manager',
        amiId,
        reused: false,
        version: 'v1.0.1',
        brokerVersion: 'v1.0.0',
        sourceAmi: sourceImage,
        inputsHash: createHash('sha256').update(made.read('inputs.txt')).digest('hex'),
      });
      expect(JSON.parse(made.read('manifest.json'))).toMatchObject({
        builds: [{ artifact_id: `us-west-2:${amiId}` }],
      });
      expect(made.stdout).toContain(made.read('packer.log'));
      expect(made.read('packer.log')).toContain(`AMI: ${amiId}`);
    });

    describe('a second build', () => {
      test('uses it again: green, with the same id, and without an instance', async () => {
        const again = await build();
        expect([again.code, again.exported]).toEqual([0, { ...made.exported, REUSED: 'true' }]);
        expect(again.artifacts).toEqual(['image.env', 'image.json', 'inputs.txt']);
        expect(again.read('inputs.txt')).toBe(made.read('inputs.txt'));
        expect(ops.proxy.actions).toEqual(['DescribeImages', 'DescribeImages']);
      });

      test('gives the sharing Lambda an event like the first one', async () => {
        const again = await build();
        expect([made.code, again.code, again.exported['REUSED']]).toEqual([0, 0, 'true']);
        const ids = [made, again].map(({ exported }) =>
          imageIdsAmong(Object.entries(exported).map(([name, value]) => ({ name, value }))),
        );
        const id = expect.stringMatching(/^ami-[0-9a-f]{17}$/) as string;
        expect(ids).toEqual([[id], ids[0]]);
      });

      test('FORCE_BUILD bakes again, and later builds use the newest image', async () => {
        const forced = await build({ FORCE_BUILD: 'true' });
        expect([forced.code, forced.exported['REUSED']]).toEqual([0, 'false']);
        expect(forced.exported['AMI_ID']).not.toBe(made.exported['AMI_ID']);
        // The local AWS gives all images one time of creation.
        ops.proxy.change = ({ action }, body) =>
          action === 'DescribeImages' ? dated(body, made.exported['AMI_ID']!, '2020-01-01T00:00:00.000Z') : body;
        expect((await build()).exported).toEqual({ ...forced.exported, REUSED: 'true' });
      });

      test.each([
        ['another image', { IMAGE: 'prover' }],
        ['another release', { BOUNDLESS_VERSION: 'v1.0.2' }],
        ['another key', { IMAGE_KMS_ARN: 'alias/boundless-ami' }],
      ])('bakes %s', async (_, env) => {
        const other = await build(env);
        expect([other.code, other.exported['REUSED']]).toEqual([0, 'false']);
      });
    });
  });

  describe('that runs out of time', () => {
    /** Packer's time ends that many seconds after the build began to run. */
    const endingIn = (seconds: number) => ({
      FORCE_BUILD: 'true',
      PACKER_MINUTES: '1',
      CODEBUILD_START_TIME: String(Date.now() - (60 - seconds) * 1000),
    });

    let ended: RealBuild;
    let actions: readonly string[];
    beforeAll(async () => {
      // On a busy instance it may take longer until EC2 has begun to make the image.
      for (const seconds of [6, 15, 60]) {
        ops.proxy.reset();
        ops.proxy.change = ({ action }, body) =>
          action === 'DescribeImages' ? body.replace(/<imageState>available</g, '<imageState>pending<') : body;
        ended = await build(endingIn(seconds));
        actions = [...ops.proxy.actions];
        if (actions.includes('CreateImage')) break;
      }
    });

    test('lets Packer remove its instance, and logs the reason', async () => {
      expect(ended.stderr).toContain(
        'bake: Packer took longer than the 1 minutes that it has, and was stopped; raise build.timeoutMinutes in config/ops.ts',
      );
      expect([ended.code, ended.exported['AMI_ID']]).toEqual([1, undefined]);
      expect(actions).toContain('TerminateInstances');
      const { Reservations } = await ops.ec2.send(new DescribeInstancesCommand({}));
      expect(new Set(Reservations!.flatMap(({ Instances }) => Instances!).map(({ State }) => State?.Name))).toEqual(
        new Set(['terminated']),
      );
    });

    test('leaves an image that nothing uses or shares, and that the documented command lists', async () => {
      const { Images } = await ops.ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
      const left = Images!.filter(({ Tags = [] }) => !Tags.some(({ Key }) => Key === 'InputsHash'));
      expect(left).toHaveLength(1);
      const [id = ''] = left.map(({ ImageId }) => ImageId!);
      expect(ended.read('packer.log')).toContain(`AMI: ${id}`);

      const { keyArn, accountId } = ops;
      const expected = { opsAccountId: accountId, imageKeyArn: keyArn, now: new Date() };
      const rules = brokenRules({ image: left[0]!, snapshots: [], launchPermissions: [] }, expected);
      expect(rules.map(({ rule }) => rule)).toEqual(
        expect.arrayContaining(['tag Version is set', 'tag InputsHash is set']),
      );

      const [command = ''] = bashIn(readFileSync('docs/building.md', 'utf8')).filter((one) =>
        one.includes('InputsHash'),
      );
      const listed = await bash(command, { env: ops.environment });
      expect(listed.stdout.match(/ami-[0-9a-f]{17}/g)).toEqual([id]);

      // It is the newest, and hides no older one of the same inputs.
      const { AMI_ID: good = '', INPUTS_HASH: hash = '' } = made.exported;
      ops.proxy.change = (_, body) =>
        dated(dated(body, good, '2998-01-01T00:00:00.000Z'), id, '2999-01-01T00:00:00.000Z');
      const found = await run(path.resolve('packer/build/find-image.sh'), ['manager', hash], { env: ops.environment });
      expect(found).toEqual({ code: 0, stdout: `${good}\n`, stderr: '' });
    });

    test('does not start an instance that would have none', async () => {
      const refused = await build(endingIn(0));
      expect(refused.stderr).toContain('bake: no time is left of the 1 minutes that Packer has');
      expect([refused.code, ops.proxy.actions]).toEqual([1, ['DescribeImages']]);
    });
  });
});
