import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  EC2Client,
  type Image,
} from '@aws-sdk/client-ec2';
import { CreateInstanceProfileCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { keyAliases, packerBuilderProfile, roles } from '../../config/names';
import { imageIdsAmong } from '../../lambda/packer-ami-sharing/image-variables';
import { startLocalAws, type LocalAws } from '../../tools/local-aws';
import { localServer, temporaryFolder } from '../scripts/support';
import { identityPolicy, listOf } from '../support/policies';
import { stackOf, synthesize } from '../support/synthesized';
import { describeWith, localAws } from '../support/tools';
import { layOutCheckout, standInsOfBuild } from './support/checkout';
import { folderOfArtifacts, runBuild, tool, writeToolsLock, type EndedBuild } from './support/codebuild';
import { ec2Answer, ec2Error, layEc2Wire, type Ec2Wire } from './support/ec2-wire';

jest.setTimeout(180_000);

const opsAccount = '111111111111';
const tagsOf = ({ Tags }: Image): Record<string, string | undefined> =>
  Object.fromEntries((Tags ?? []).map(({ Key = '', Value }) => [Key, Value]));

describeWith(['packer', 'aws', 'jq', 'curl', localAws], 'a build with the real Packer', () => {
  const folder = temporaryFolder();
  const server = localServer();
  let aws: LocalAws;
  let wire: Ec2Wire;
  let ec2: EC2Client;
  let environment: Record<string, string>;
  let standIns: string;
  let keyArn: string;
  let builds = 0;
  /** What all builds called. */
  const called = new Set<string>();

  beforeAll(async () => {
    server.answer = ({ url }) => (url === '/tool.deb' ? { body: tool } : { status: 404 });
    aws = await startLocalAws('us-west-2');
    wire = await layEc2Wire(aws.endpoint);
    const settings = await aws.clientSettings(opsAccount);
    ec2 = new EC2Client(settings);
    const kms = new KMSClient(settings);
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    keyArn = KeyMetadata!.Arn!;
    await kms.send(new CreateAliasCommand({ AliasName: keyAliases.ami, TargetKeyId: keyArn }));
    await new IAMClient(settings).send(new CreateInstanceProfileCommand({ InstanceProfileName: packerBuilderProfile }));
    environment = { ...(await aws.environment(opsAccount)), AWS_ENDPOINT_URL: wire.endpoint };
    standIns = await standInsOfBuild(path.join(folder, 'bin'));
  });
  beforeEach(() => {
    wire.reset();
  });
  afterAll(async () => {
    await wire.close();
    await aws.stop();
  });

  async function build(env: Readonly<Record<string, string>> = {}): Promise<EndedBuild & { work: string; id: string }> {
    builds += 1;
    const work = path.join(folder, `checkout-${builds}`);
    mkdirSync(work);
    await layOutCheckout(work, wire.endpoint);
    const id = `packer-build-project:${builds}`;
    const ended = await runBuild(work, {
      standIns,
      env: {
        ...environment,
        TOOLS_LOCK: writeToolsLock(work, server.address),
        TOOLS_BIN: path.join(folder, 'bin'),
        IMAGE: 'manager',
        BOUNDLESS_VERSION: 'v1.0.1',
        BROKER_SHA256: 'a'.repeat(64),
        SPOT: 'false',
        IMAGE_KMS_ARN: keyArn,
        CODEBUILD_BUILD_ID: id,
        ...env,
      },
    });
    for (const action of wire.actions) called.add(`ec2:${action}`);
    return { ...ended, work, id };
  }

  const imagesOf = async (ids: readonly string[]) =>
    (await ec2.send(new DescribeImagesCommand({ ImageIds: [...ids] }))).Images!;
  const machines = async () => {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
    return Reservations!.flatMap(({ Instances }) => Instances!).map(({ State }) => State?.Name);
  };
  const read = (ended: { work: string }, name: string) =>
    readFileSync(path.join(ended.work, folderOfArtifacts, name), 'utf8');

  describe('without an image of the same inputs', () => {
    let made: Awaited<ReturnType<typeof build>>;
    beforeAll(async () => {
      made = await build({ CODEBUILD_RESOLVED_SOURCE_VERSION: 'abcdef' });
    });

    test('bakes one, and exports its id and what is inside', () => {
      expect([made.code, made.exported]).toEqual([
        0,
        {
          AMI_ID: expect.stringMatching(/^ami-[0-9a-f]{17}$/) as string,
          IMAGE: 'manager',
          REUSED: 'false',
          VERSION: 'v1.0.1',
          BROKER_VERSION: 'v1.0.0',
        },
      ]);
    });

    test('tags it with what it was baked from and by, and encrypts it with the key', async () => {
      const [image] = await imagesOf([made.exported['AMI_ID']!]);
      expect(tagsOf(image!)).toMatchObject({
        Image: 'manager',
        InputsHash: createHash('sha256').update(read(made, 'inputs.txt')).digest('hex'),
        SourceAmi: 'ami-0a1b2c3d4e5f60001',
        GitCommit: 'abcdef',
        BuildId: made.id,
      });
      const snapshots = image!.BlockDeviceMappings!.map(({ Ebs }) => Ebs!.SnapshotId!);
      const { Snapshots } = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: snapshots }));
      expect(Snapshots).toMatchObject([{ Encrypted: true, KmsKeyId: keyArn }]);
    });

    test('leaves what CodeBuild uploads', () => {
      expect(made.artifacts).toEqual(['image.env', 'image.json', 'inputs.txt', 'manifest.json', 'packer.log']);
      const { AMI_ID: amiId } = made.exported;
      expect(JSON.parse(read(made, 'image.json'))).toEqual({
        image: 'manager',
        amiId,
        reused: false,
        version: 'v1.0.1',
        brokerVersion: 'v1.0.0',
        sourceAmi: 'ami-0a1b2c3d4e5f60001',
        inputsHash: createHash('sha256').update(read(made, 'inputs.txt')).digest('hex'),
      });
      expect(JSON.parse(read(made, 'manifest.json'))).toMatchObject({
        builds: [{ artifact_id: `us-west-2:${amiId}` }],
      });
      expect(made.stdout).toContain(read(made, 'packer.log'));
      expect(read(made, 'packer.log')).toContain(`AMI: ${amiId}`);
    });

    describe('a second build', () => {
      test('uses it again: green, with the same id, and without a machine', async () => {
        const again = await build();
        expect([again.code, again.exported]).toEqual([0, { ...made.exported, REUSED: 'true' }]);
        expect(again.artifacts).toEqual(['image.env', 'image.json', 'inputs.txt']);
        expect(read(again, 'inputs.txt')).toBe(read(made, 'inputs.txt'));
        expect(wire.actions).toEqual(['DescribeImages', 'DescribeImages']);
      });

      test('gives the sharing Lambda an event like the first one', async () => {
        const again = await build();
        const ids = [made, again].map(({ exported }) =>
          imageIdsAmong(Object.entries(exported).map(([name, value]) => ({ name, value }))),
        );
        expect(ids).toEqual([[made.exported['AMI_ID']], [made.exported['AMI_ID']]]);
      });

      test('bakes anew where it is told to, and the newest is used from then on', async () => {
        const forced = await build({ FORCE_BUILD: 'true' });
        expect([forced.code, forced.exported['REUSED']]).toEqual([0, 'false']);
        expect(forced.exported['AMI_ID']).not.toBe(made.exported['AMI_ID']);
        // The local AWS gives all images one time of creation.
        wire.change = ({ action }, body) =>
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

  describe('without capacity', () => {
    const fleet = 'fleet-84363b4e-9653-a982-8e10-0b208dca771b';
    const errors = (code: string, message: string) =>
      `<errorSet><item><errorCode>${code}</errorCode><errorMessage>${message}</errorMessage><lifecycle>spot</lifecycle></item></errorSet>`;
    /** EC2 as it answers when a fleet launches nothing; the error's code is told to whoever asks for the fleet. */
    const launchesNothing = (code: string, message: string, described = errors(code, message)) =>
      (({ action }) => {
        if (action === 'CreateFleet')
          return ec2Answer(action, `<fleetId>${fleet}</fleetId>${errors(code, message)}<fleetInstanceSet/>`);
        if (action === 'DescribeFleets')
          return ec2Answer(action, `<fleetSet><item><fleetId>${fleet}</fleetId>${described}</item></fleetSet>`);
        return undefined;
      }) satisfies Ec2Wire['answer'];
    const onSpot = { SPOT: 'true', FORCE_BUILD: 'true' };
    const starts = () => wire.actions.filter((action) => ['CreateFleet', 'RunInstances'].includes(action));

    test.each([
      [
        'no capacity, known by the message that Packer prints',
        launchesNothing(
          'InsufficientInstanceCapacity',
          'There is no Spot capacity available that matches your request.',
          '',
        ),
        'There is no Spot capacity available that matches your request',
      ],
      [
        'no capacity, known by the code that the fleet keeps',
        launchesNothing('UnfulfillableCapacity', 'In other words than yesterday.'),
        'UnfulfillableCapacity',
      ],
      [
        'a price above the on-demand price',
        launchesNothing(
          'SpotMaxPriceTooLow',
          'Your Spot request price of 0.82 is lower than the minimum required Spot request fulfillment price of 0.83.',
        ),
        'lower than the minimum required Spot request fulfillment price',
      ],
      [
        'the quota of spot machines',
        (({ action }) =>
          action === 'CreateFleet'
            ? ec2Error('MaxSpotInstanceCountExceeded', 'Max spot instance count exceeded')
            : undefined) satisfies Ec2Wire['answer'],
        'MaxSpotInstanceCountExceeded',
      ],
    ])('on spot, bakes on demand: %s', async (_, answer, reason) => {
      wire.answer = answer;
      const ended = await build(onSpot);
      expect(ended.stderr).toContain(`bake: no luck on spot capacity (${reason}): once more, on demand\n`);
      expect([ended.code, ended.exported['REUSED']]).toEqual([0, 'false']);
      expect(new Set(starts())).toEqual(new Set(['CreateFleet', 'RunInstances']));
      expect(ended.artifacts).toContain('packer-spot.log');
      expect(read(ended, 'manifest.json')).toContain(ended.exported['AMI_ID']);
    });

    /** Whoever asks which spot machines of the build there were hears that EC2 took one back. */
    const stateReason =
      (code: string): Ec2Wire['answer'] =>
      ({ action, parameters }) =>
        action === 'DescribeInstances' &&
        parameters.get('Filter.1.Value.1') === `packer-build-project:${builds}` &&
        parameters.get('Filter.2.Name') === 'instance-lifecycle'
          ? ec2Answer(
              action,
              `<reservationSet><item><instancesSet><item><instanceId>i-0123456789abcdef0</instanceId><stateReason><code>${code}</code></stateReason></item></instancesSet></item></reservationSet>`,
            )
          : undefined;

    test('bakes on demand when EC2 takes the machine back', async () => {
      // The local AWS has no spot requests, which fails Packer once its machine runs, with words that say nothing.
      wire.answer = stateReason('Server.SpotInstanceTermination');
      const ended = await build(onSpot);
      expect(ended.stderr).toContain('no luck on spot capacity (Server.SpotInstanceTermination)');
      expect([ended.code, starts()]).toEqual([0, ['CreateFleet', 'RunInstances']]);
    });

    test.each([
      ['the machine ended for another reason', stateReason('Client.UserInitiatedShutdown')],
      [
        'it was not allowed',
        (({ action }) =>
          action === 'CreateFleet'
            ? ec2Error('UnauthorizedOperation', 'You are not authorized to perform this operation.')
            : undefined) satisfies Ec2Wire['answer'],
      ],
      [
        'the fleet could not be launched for another reason',
        launchesNothing('InvalidFleetConfiguration', 'Your requested instance type is not supported.'),
      ],
    ])('does not try again when %s', async (_, answer) => {
      wire.answer = answer;
      const ended = await build({ ...onSpot, AMI_ID: 'ami-0fedcba9876543210', REUSED: 'true' });
      expect(ended.code).not.toBe(0);
      expect(starts()).toEqual(['CreateFleet']);
      expect(ended.exported).toEqual({ IMAGE: 'manager', VERSION: 'v1.0.1', BROKER_VERSION: 'v1.0.0' });
      expect(ended.artifacts).toEqual(['inputs.txt', 'packer.log']);
    });

    test('on demand either, fails after one more try', async () => {
      const fleets = launchesNothing('UnfulfillableCapacity', 'None.');
      wire.answer = (call) =>
        call.action === 'RunInstances'
          ? ec2Error('InsufficientInstanceCapacity', 'We currently do not have sufficient c7a.4xlarge capacity.')
          : fleets(call);
      const ended = await build(onSpot);
      expect(ended.code).not.toBe(0);
      expect(starts().filter((action) => action === 'CreateFleet')).toHaveLength(1);
      expect(ended.exported).not.toHaveProperty('AMI_ID');
      expect(ended.artifacts).toEqual(['inputs.txt', 'packer-spot.log', 'packer.log']);
    });

    test('on demand is final where spot was not asked for', async () => {
      wire.answer = ({ action }) =>
        action === 'RunInstances' ? ec2Error('InsufficientInstanceCapacity', 'None.') : undefined;
      const ended = await build({ FORCE_BUILD: 'true' });
      expect([ended.code === 0, new Set(starts())]).toEqual([false, new Set(['RunInstances'])]);
    });
  });

  describe('that runs out of time', () => {
    /** Packer's time ends that many seconds after the build began to run. */
    const endingIn = (seconds: number) => ({
      FORCE_BUILD: 'true',
      PACKER_MINUTES: '1',
      CODEBUILD_START_TIME: String(Date.now() - (60 - seconds) * 1000),
    });

    test('lets Packer remove its machine, and says so', async () => {
      wire.change = ({ action }, body) =>
        action === 'DescribeImages' ? body.replace(/<imageState>available</g, '<imageState>pending<') : body;
      const ended = await build(endingIn(12));
      expect(ended.stderr).toContain(
        'bake: Packer took longer than the 1 minutes that it has, and was stopped; raise build.timeoutMinutes in config/ops.ts',
      );
      expect([ended.code, ended.exported['AMI_ID']]).toEqual([1, undefined]);
      expect(wire.actions).toContain('TerminateInstances');
      expect(new Set(await machines())).toEqual(new Set(['terminated']));
    });

    test('does not start a machine that would have none', async () => {
      const ended = await build(endingIn(0));
      expect(ended.stderr).toContain('bake: no time is left of the 1 minutes that Packer has');
      expect([ended.code, wire.actions]).toEqual([1, ['DescribeImages']]);
    });
  });

  test('calls nothing of EC2 that its role may not', () => {
    const statements = identityPolicy(stackOf(synthesize(), 'ops'), roles.packerBuild);
    const allowed = statements.flatMap(({ Action }) => listOf(Action));
    expect([...called].filter((action) => !allowed.includes(action))).toEqual([]);
    expect(called.size).toBeGreaterThan(15);
  });
});

/** An answer of DescribeImages in which the image was made at another time. */
const dated = (body: string, id: string, time: string): string =>
  body.replace(new RegExp(`(<item>(?:(?!<item>)[^])*?<imageId>${id}</imageId>[^]*?<creationDate>)[^<]*`), `$1${time}`);
