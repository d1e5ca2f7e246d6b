import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import {
  CreateImageCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  EC2Client,
  ModifyImageAttributeCommand,
  RunInstancesCommand,
  type Image,
} from '@aws-sdk/client-ec2';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import type { ImageKind } from '../../../config/names';
import type { Clients } from '../../../lambda/packer-ami-sharing/clients';
import { handlerWith } from '../../../lambda/packer-ami-sharing/handler';
import type { SharingResult } from '../../../lambda/packer-ami-sharing/result';
import { startLocalAws, type LocalAws, type LocalClientSettings } from '../../../tools/local-aws';
import { describeWith, localAws } from '../../support/tools';
import { context, environment, exportedBy, manualEvent, noWaits, opsAccount, region, serviceAccounts } from './support';

jest.setTimeout(60_000);

const baseImage = 'ami-0a1b2c3d4e5f60001';
const saved = { ...process.env };
describeWith([localAws], 'sharing on the local AWS', () => {
  let aws: LocalAws;
  let ops: LocalClientSettings;
  let ec2: EC2Client;
  let imageKeyArn: string;
  let builds = 0;

  beforeAll(async () => {
    aws = await startLocalAws(region);
    ops = await aws.clientSettings(opsAccount);
    ec2 = new EC2Client(ops);
    const { KeyMetadata } = await new KMSClient(ops).send(new CreateKeyCommand({}));
    imageKeyArn = KeyMetadata!.Arn!;
  });
  afterAll(() => aws.stop());

  beforeEach(() => {
    process.env = { ...saved, ...environment(), AMI_KEY_ARN: imageKeyArn };
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.env = saved;
  });

  /** What a build does: a machine with an encrypted disk, and an image of it. */
  async function build(kind: ImageKind, { KmsKeyId = imageKeyArn, Encrypted = true } = {}): Promise<Image> {
    const { Instances } = await ec2.send(
      new RunInstancesCommand({
        ImageId: baseImage,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        BlockDeviceMappings: [
          { DeviceName: '/dev/sda1', Ebs: { VolumeSize: 8, Encrypted, ...(Encrypted && { KmsKeyId }) } },
        ],
      }),
    );
    const { ImageId = '' } = await ec2.send(
      new CreateImageCommand({
        InstanceId: Instances![0]!.InstanceId,
        Name: `boundless-${kind}-1.2.${builds++}-20260901161428`,
        TagSpecifications: [
          {
            ResourceType: 'image',
            Tags: [
              { Key: 'ManagedBy', Value: 'packer' },
              { Key: 'Project', Value: 'boundless-ami-factory' },
              { Key: 'Image', Value: kind },
            ],
          },
        ],
      }),
    );
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
    return Images![0]!;
  }

  /** Two images of a kind, the older one first; the local clock counts seconds, and within one second ids decide. */
  async function buildTwo(kind: ImageKind): Promise<[older: string, newer: string]> {
    const order = ({ CreationDate = '', ImageId = '' }: Image) => `${CreationDate} ${ImageId}`;
    const [first, second] = [await build(kind), await build(kind)];
    const [older, newer] = order(first) < order(second) ? [first, second] : [second, first];
    return [older.ImageId!, newer.ImageId!];
  }

  const clients = (): Clients => ({
    codebuild: new CodeBuildClient(ops),
    ec2: new EC2Client(ops),
    sts: new STSClient(ops),
    ssm: (credentials) => new SSMClient({ endpoint: aws.endpoint, region, credentials }),
  });

  const share = (event: unknown): Promise<SharingResult> =>
    handlerWith({ clients: clients(), waits: noWaits() })(event, context);

  async function launchPermissions(imageId: string): Promise<(string | undefined)[]> {
    const { LaunchPermissions = [] } = await ec2.send(
      new DescribeImageAttributeCommand({ ImageId: imageId, Attribute: 'launchPermission' }),
    );
    return LaunchPermissions.map(({ UserId }) => UserId);
  }

  /** What an account has below its pointer, and which of the images it sees, asked with its own credentials. */
  async function seenBy(account: string, kind: ImageKind, imageId: string) {
    const settings = await aws.clientSettings(account);
    const { Images = [] } = await new EC2Client(settings).send(
      new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values: [imageId] }] }),
    );
    const parameter = await new SSMClient(settings)
      .send(new GetParameterCommand({ Name: `/boundless/ami/${kind}/latest` }))
      .catch((error: unknown) => ({ Parameter: { Value: (error as Error).name, DataType: '', Version: 0 } }));
    const { Value, DataType, Version } = parameter.Parameter!;
    return { images: Images.map(({ ImageId }) => ImageId), pointer: Value, dataType: DataType, version: Version };
  }

  test('an image reaches every account, and the second event changes nothing', async () => {
    const { ImageId: id = '', Name } = await build('manager');
    for (const account of serviceAccounts)
      await expect(seenBy(account, 'manager', id)).resolves.toMatchObject({ images: [], pointer: 'ParameterNotFound' });

    await expect(share(exportedBy(id))).resolves.toMatchObject({
      imageId: id,
      kind: 'manager',
      name: Name,
      accounts: serviceAccounts.map((accountId) => ({ accountId, launchPermission: 'added', pointer: 'moved' })),
    });
    const after = { images: [id], pointer: id, dataType: 'aws:ec2:image', version: 1 };
    await expect(launchPermissions(id)).resolves.toEqual(serviceAccounts);
    for (const account of serviceAccounts) await expect(seenBy(account, 'manager', id)).resolves.toEqual(after);

    await expect(share(exportedBy(id))).resolves.toMatchObject({
      accounts: serviceAccounts.map((accountId) => ({ accountId, launchPermission: 'present', pointer: 'unchanged' })),
    });
    await expect(launchPermissions(id)).resolves.toEqual(serviceAccounts);
    for (const account of serviceAccounts) await expect(seenBy(account, 'manager', id)).resolves.toEqual(after);
  });

  test('pointers follow the newest image, in whatever order the events come', async () => {
    const [older, newer] = await buildTwo('prover');

    await expect(share(manualEvent(newer))).resolves.toMatchObject({
      accounts: [{ pointer: 'moved' }, { pointer: 'moved' }],
    });
    await expect(share(manualEvent(older))).resolves.toMatchObject({
      accounts: serviceAccounts.map((accountId) => ({ accountId, launchPermission: 'added', pointer: 'kept-newer' })),
    });
    for (const account of serviceAccounts)
      await expect(seenBy(account, 'prover', older)).resolves.toMatchObject({
        images: [older],
        pointer: newer,
        version: 1,
      });
  });

  test('a pointer moves on from an older image', async () => {
    const [older, newer] = await buildTwo('bento');
    await share(exportedBy(older));
    await share(exportedBy(newer));
    for (const account of serviceAccounts)
      await expect(seenBy(account, 'bento', newer)).resolves.toMatchObject({ pointer: newer, version: 2 });
  });

  test.each<[what: string, make: () => Promise<Image>, reason: RegExp]>([
    ['is not encrypted', () => build('manager', { Encrypted: false }), /snapshot of \/dev\/sda1 is encrypted with/],
    [
      'is encrypted with another key',
      async () => {
        const { KeyMetadata } = await new KMSClient(ops).send(new CreateKeyCommand({}));
        return build('manager', { KmsKeyId: KeyMetadata!.Arn! });
      },
      /snapshot of \/dev\/sda1 is encrypted with/,
    ],
    [
      'is public',
      async () => {
        const image = await build('manager');
        const LaunchPermission = { Add: [{ Group: 'all' as const }] };
        await ec2.send(new ModifyImageAttributeCommand({ ImageId: image.ImageId, LaunchPermission }));
        return image;
      },
      /image is not public/,
    ],
  ])('an image that %s reaches nobody', async (_, make, reason) => {
    const { ImageId: id = '' } = await make();
    const [account = ''] = serviceAccounts;
    const before = await seenBy(account, 'manager', id);
    await expect(share(exportedBy(id))).rejects.toThrow(reason);
    expect(await launchPermissions(id)).not.toContain(account);
    await expect(seenBy(account, 'manager', id)).resolves.toEqual(before);
  });

  test('an image of another owner, or of none, is not found', async () => {
    await expect(share(exportedBy('ami-00000000000000000'))).rejects.toThrow(/is not among the images of this account/);
    await expect(share(exportedBy(baseImage))).rejects.toThrow(/owner is 111111111111: found "099720109477"/);
  });
});
