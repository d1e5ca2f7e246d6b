import {
  CreateKeyPairCommand,
  CreateLaunchTemplateCommand,
  CreateSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Context } from 'aws-lambda';
import { awsClients } from '../../../lambda/packer-ami-cleanup/clients';
import { handlerWith } from '../../../lambda/packer-ami-cleanup/handler';
import type { Report } from '../../../lambda/packer-ami-cleanup/report/report';
import { startLocalAws, type LocalAws } from '../../../lab/local-aws';
import { makeImage } from '../../../lab/rehearse/made-image';
import { functionEnvironment } from '../../support/function-environment';
import { describeWith, localAws } from '../../support/tools';
import { day, environment, opsAccount, policy, serviceAccounts } from './memory/cloud';

jest.setTimeout(120_000);
const region = 'us-west-2';
const [staging] = serviceAccounts;

/** What the tests in memory suppose, on a server that speaks AWS's protocols: lists without entries, dates, pages. */
describeWith([localAws], 'a retirement on the local AWS', () => {
  let aws: LocalAws;
  const settings = (account: string) => aws.clientSettings(account);
  functionEnvironment(() => ({
    ...environment(),
    RETIREMENT: JSON.stringify({ ...policy, keepNewest: 1, supersededDays: 1 }),
  }));

  beforeAll(async () => (aws = await startLocalAws(region)));
  afterAll(() => aws.stop());

  async function invoke(input: object, afterDays = 0): Promise<unknown> {
    const handler = handlerWith({
      clients: awsClients(await settings(opsAccount)),
      waits: { change: [0.2, 0.2], retry: [0], sleep: () => Promise.resolve() },
      now: () => Date.now() + afterDays * day,
    });
    const context = { awsRequestId: `run-${afterDays}`, getRemainingTimeInMillis: () => 900_000 } as Context;
    return handler(input, context);
  }
  async function report(): Promise<Report> {
    const s3 = new S3Client(await settings(opsAccount));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'reports', Key: 'run/latest.json' }));
    return JSON.parse((await Body?.transformToString()) ?? '') as Report;
  }

  test('disables, undoes and deregisters, keeps what is used elsewhere, and removes what a build left', async () => {
    const ops = await settings(opsAccount);
    const ec2 = new EC2Client(ops);
    await new S3Client(ops).send(
      new CreateBucketCommand({ Bucket: 'reports', CreateBucketConfiguration: { LocationConstraint: region } }),
    );
    const { KeyMetadata } = await new KMSClient(ops).send(new CreateKeyCommand({}));
    const tags = {
      Project: 'boundless-ami-factory',
      ManagedBy: 'packer',
      Image: 'manager',
      Version: 'v1.2.2',
      InputsHash: 'a'.repeat(64),
    };
    const images: string[] = [];
    // More than one page of the local AWS.
    for (let n = 0; n < 6; n += 1)
      images.push(await makeImage(ops, { name: `boundless-manager-${n}`, keyArn: KeyMetadata!.Arn!, tags }));
    const [old = '', launched = '', pointedAt = ''] = images;
    const there = await settings(staging);
    await new EC2Client(there).send(
      new CreateLaunchTemplateCommand({ LaunchTemplateName: 't', LaunchTemplateData: { ImageId: launched } }),
    );
    await new SSMClient(there).send(
      new PutParameterCommand({ Name: '/boundless/ami/manager/validated', Value: pointedAt, Type: 'String' }),
    );
    const build = [
      { Key: 'Project', Value: 'boundless-ami-factory' },
      { Key: 'ManagedBy', Value: 'packer' },
      { Key: 'BuildId', Value: 'packer-build-project:dead' },
    ];
    const tagged = <T extends string>(ResourceType: T) => [{ ResourceType, Tags: build }];
    const name = 'packer_692d0d80-1b2c-3d4e-5f60-718293a4b5c6';
    await ec2.send(new CreateKeyPairCommand({ KeyName: name, TagSpecifications: tagged('key-pair') }));
    const { GroupId = '' } = await ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: name,
        Description: name,
        TagSpecifications: tagged('security-group'),
      }),
    );
    await ec2.send(
      new RunInstancesCommand({
        ImageId: 'ami-0a1b2c3d4e5f60001',
        MinCount: 1,
        MaxCount: 1,
        SecurityGroupIds: [GroupId],
        TagSpecifications: [...tagged('instance'), ...tagged('volume')],
      }),
    );

    const outcomes = async () => Object.fromEntries((await report()).images.map((one) => [one.imageId, one]));
    await invoke({ command: 'retire' }, 60);
    expect((await report()).summary).toMatchObject({ images: 6, problems: [], changed: { deprecate: 3 } });
    expect(await outcomes()).toMatchObject({
      [old]: { outcome: 'deprecate' },
      [launched]: { outcome: 'keep', usedBy: [`${staging} launch template t version 1`] },
      [pointedAt]: { outcome: 'keep', records: ['protect'] },
      [images.at(-1)!]: { phase: 'current' },
    });
    const leftovers = (await report()).leftovers;
    expect(leftovers.filter(({ outcome }) => outcome === 'removed').map(({ what }) => what)).toEqual(
      expect.arrayContaining(['instance', 'key pair', 'security group']),
    );
    const { Reservations = [] } = await ec2.send(
      new DescribeInstancesCommand({ Filters: [{ Name: 'tag:BuildId', Values: ['packer-build-project:dead'] }] }),
    );
    expect(Reservations.flatMap(({ Instances = [] }) => Instances).map(({ State }) => State?.Name)).toEqual([
      'terminated',
    ]);

    // EC2 takes the real time for the deprecation: 61 days later it was long ago.
    await invoke({ command: 'retire' }, 61);
    expect((await outcomes())[old]).toMatchObject({ outcome: 'disable' });
    const stateOf = async (imageId: string) => {
      const asked = { ImageIds: [imageId], IncludeDisabled: true };
      return (await ec2.send(new DescribeImagesCommand(asked))).Images?.[0]?.State;
    };
    expect(await stateOf(old)).toBe('disabled');
    await invoke({ command: 'undo', imageId: old }, 61);
    expect(await stateOf(old)).toBe('available');
    const { Images: [undone] = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [old] }));
    expect(undone?.DeprecationTime).toBeUndefined();

    const other = images[3]!;
    const { Images: [before] = [] } = await ec2.send(
      new DescribeImagesCommand({ ImageIds: [other], IncludeDisabled: true }),
    );
    await invoke({ command: 'retire' }, 100);
    expect((await outcomes())[other]).toMatchObject({ outcome: 'deregister' });
    const SnapshotIds = before!.BlockDeviceMappings!.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
    expect(SnapshotIds).toHaveLength(1);
    const Filters = [{ Name: 'snapshot-id', Values: SnapshotIds }];
    expect((await ec2.send(new DescribeSnapshotsCommand({ Filters }))).Snapshots).toEqual([]);
    expect(await stateOf(old)).toBe('available');
  });
});
