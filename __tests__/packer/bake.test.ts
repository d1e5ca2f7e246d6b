import { mkdirSync } from 'node:fs';
import path from 'node:path';
import {
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  EC2Client,
  type Tag,
} from '@aws-sdk/client-ec2';
import { CreateInstanceProfileCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { imageKinds, keyAliases, packerBuilderProfile, type ImageKind } from '../../config/names';
import { allEnded } from '../../lab/common/all-ended';
import { bake, type Bake } from '../../lab/local-bake';
import { startLocalAws, type LocalAws } from '../../lab/local-aws';
import { temporaryFolder } from '../scripts/support';
import { describeWith, localAws } from '../support/tools';

jest.setTimeout(120_000);

const opsAccount = '111111111111';
const tagsOf = (tags: readonly Tag[] | undefined): Record<string, string | undefined> =>
  Object.fromEntries((tags ?? []).map(({ Key = '', Value }) => [Key, Value]));

describeWith(['packer', localAws], 'a bake on the local AWS', () => {
  const folder = temporaryFolder();
  let aws: LocalAws;
  let ec2: EC2Client;
  let keyArn: string;
  const bakes = new Map<ImageKind, Bake>();
  const notices: string[] = [];

  const bakeOne = async (image: ImageKind, name: string, variables: Readonly<Record<string, string>> = {}) => {
    const workDirectory = path.join(folder, name);
    mkdirSync(workDirectory);
    return bake({
      image,
      endpoint: aws.endpoint,
      environment: await aws.environment(opsAccount),
      workDirectory,
      variables,
      log: (line) => notices.push(line),
    });
  };

  beforeAll(async () => {
    aws = await startLocalAws('us-west-2');
    const settings = await aws.clientSettings(opsAccount);
    ec2 = new EC2Client(settings);
    const kms = new KMSClient(settings);
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    keyArn = KeyMetadata!.Arn!;
    await kms.send(new CreateAliasCommand({ AliasName: keyAliases.ami, TargetKeyId: keyArn }));
    await new IAMClient(settings).send(new CreateInstanceProfileCommand({ InstanceProfileName: packerBuilderProfile }));
    const variables = { boundless_version: 'v1.0.1', git_commit: 'abc', build_id: 'build:1', inputs_hash: 'hash' };
    await allEnded(imageKinds.map(async (image) => bakes.set(image, await bakeOne(image, image, variables))));
  });
  afterAll(() => aws.stop());

  test.each(imageKinds)('%s has its name and its tags', async (image) => {
    const { imageId } = bakes.get(image)!;
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [imageId] }));
    const [found] = Images!;
    expect(found).toMatchObject({ State: 'available', OwnerId: opsAccount, Public: false });
    expect(found!.Name).toMatch(new RegExp(`^boundless-${image}-v1\\.0\\.1-20\\d{12}$`));
    expect(tagsOf(found!.Tags)).toEqual({
      Name: found!.Name,
      Project: 'boundless-ami-factory',
      ManagedBy: 'packer',
      Image: image,
      Version: 'v1.0.1',
      // There is no broker v1.0.1.
      BrokerVersion: 'v1.0.0',
      GitCommit: 'abc',
      BuildId: 'build:1',
      InputsHash: 'hash',
      SourceAmi: 'ami-0a1b2c3d4e5f60001',
      Environment: 'production',
    });
  });

  test.each(imageKinds)('%s is encrypted with the key itself, tagged, and shared with nobody', async (image) => {
    const { imageId } = bakes.get(image)!;
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [imageId] }));
    const snapshots = Images![0]!.BlockDeviceMappings!.map(({ Ebs }) => Ebs!.SnapshotId!);
    const { Snapshots } = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: snapshots }));
    expect(Snapshots).toHaveLength(1);
    expect(Snapshots![0]).toMatchObject({ Encrypted: true, KmsKeyId: keyArn });
    expect(tagsOf(Snapshots![0]!.Tags)).toMatchObject({ ManagedBy: 'packer', Image: image });
    const { LaunchPermissions } = await ec2.send(
      new DescribeImageAttributeCommand({ ImageId: imageId, Attribute: 'launchPermission' }),
    );
    expect(LaunchPermissions).toEqual([]);
  });

  test.each(imageKinds)('%s is in its manifest', (image) => {
    const { imageId, manifest, seconds } = bakes.get(image)!;
    expect(manifest.builds).toMatchObject([
      {
        artifact_id: `us-west-2:${imageId}`,
        custom_data: { image, version: 'v1.0.1', broker_version: 'v1.0.0', git_commit: 'abc', build_id: 'build:1' },
      },
    ]);
    expect(seconds).toBeGreaterThan(0);
  });

  test('builders have the right type and a tag for each image, and leave nothing behind', async () => {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
    const instances = Reservations!.flatMap(({ Instances }) => Instances!);
    const builders = instances.map(({ InstanceType, State, Tags }) => [
      tagsOf(Tags)['Name'],
      InstanceType,
      State?.Name,
    ]);
    expect(builders.sort()).toEqual([
      ['packer-bento', 'g6.xlarge', 'terminated'],
      ['packer-manager', 'c7a.4xlarge', 'terminated'],
      ['packer-prover', 'g6.xlarge', 'terminated'],
    ]);
    for (const { Tags } of instances)
      expect(tagsOf(Tags)).toMatchObject({ ManagedBy: 'packer', Project: 'boundless-ami-factory', BuildId: 'build:1' });
    expect((await ec2.send(new DescribeKeyPairsCommand({}))).KeyPairs).toEqual([]);
    const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({}));
    expect(SecurityGroups!.filter(({ GroupName }) => GroupName!.startsWith('packer'))).toEqual([]);
  });

  test('accounts of a manual build get the image', async () => {
    const { imageId } = await bakeOne('manager', 'shared', { service_account_ids: '["222222222222"]' });
    const { LaunchPermissions } = await ec2.send(
      new DescribeImageAttributeCommand({ ImageId: imageId, Attribute: 'launchPermission' }),
    );
    expect(LaunchPermissions).toEqual([{ UserId: '222222222222' }]);
  });

  test('the error of a failed bake has the output of Packer', async () => {
    await expect(bakeOne('manager', 'failed', { boundless_version: 'newest' })).rejects.toThrow(
      /packer build ended with 1:[^]*The boundless_version must be latest/,
    );
  });

  test('a bake can be stopped before it begins', async () => {
    const stopped = bake({
      image: 'manager',
      endpoint: aws.endpoint,
      environment: await aws.environment(opsAccount),
      workDirectory: folder,
      signal: AbortSignal.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
  });
});
