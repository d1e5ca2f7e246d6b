import {
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeLaunchTemplatesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Tag,
} from '@aws-sdk/client-ec2';
import { project } from '../../../config/names';
import { IncompleteAnswerError } from '../errors';
import { everyItem } from '../sources/every-page';
import { copyOf } from '../sources/reader';
import type { Leftover } from './leftover';

/** Everything that a build makes has these tags from its first moment (`packer/locals.pkr.hcl`), and nothing else has. */
const Filters = [
  { Name: 'tag:Project', Values: [project] },
  { Name: 'tag:ManagedBy', Values: ['packer'] },
];
const MaxResults = 500;

type Found = Omit<Leftover, 'buildId'> & { readonly Tags: readonly Tag[] | undefined };

/**
 * What builds have left, oldest first: whatever has the tags of a build and is older than any build can be. Nothing here
 * looks at builds: a build that died shows nothing, and what it made shows when.
 *
 * @param before in ms: what was made later may be of a build that runs
 * @param usedSnapshotIds snapshots of images, which stay
 */
export async function findLeftovers(
  ec2: EC2Client,
  before: number,
  usedSnapshotIds: ReadonlySet<string>,
): Promise<readonly Leftover[]> {
  const found = [
    ...(await instances(ec2)),
    ...(await launchTemplates(ec2)),
    ...(await keyPairs(ec2)),
    ...(await securityGroups(ec2)),
    ...(await volumes(ec2)),
    ...(await snapshots(ec2)).filter(({ id }) => !usedSnapshotIds.has(id)),
  ];
  return found
    .filter(({ since }) => since < before)
    .map(({ Tags = [], ...one }) => ({
      ...one,
      id: copyOf(one.id),
      buildId: copyOf(Tags.find(({ Key }) => Key === 'BuildId')?.Value ?? 'unknown'),
    }));
}

/** Never earlier than anything, where there is no time: of such a thing nothing is known. */
const timeOf = (date: Date | undefined): number => date?.getTime() ?? NaN;

/**
 * When Packer made a security group, which EC2 has no time of: its name is `packer_` and a UUID that begins with the
 * seconds since 1970 (hashicorp/packer-plugin-sdk, `uuid.TimeOrderedUUID`).
 */
export function timeInName(name = ''): number {
  const [, seconds] = /^packer_([0-9a-f]{8})-/.exec(name) ?? [];
  return seconds === undefined ? NaN : parseInt(seconds, 16) * 1000;
}

async function instances(ec2: EC2Client): Promise<readonly Found[]> {
  const states = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };
  const all = await everyItem({
    action: 'ec2:DescribeInstances',
    send: (NextToken) =>
      ec2.send(new DescribeInstancesCommand({ Filters: [...Filters, states], MaxResults, NextToken })),
    items: ({ Reservations }) => Reservations?.flatMap(({ Instances = [] }) => Instances),
    next: ({ NextToken }) => NextToken,
  });
  return all.map(({ InstanceId: id = '', LaunchTime, Tags }) => ({
    what: 'instance',
    id,
    since: timeOf(LaunchTime),
    Tags,
  }));
}

async function launchTemplates(ec2: EC2Client): Promise<readonly Found[]> {
  const all = await everyItem({
    action: 'ec2:DescribeLaunchTemplates',
    send: (NextToken) => ec2.send(new DescribeLaunchTemplatesCommand({ Filters, MaxResults: 200, NextToken })),
    items: ({ LaunchTemplates }) => LaunchTemplates,
    next: ({ NextToken }) => NextToken,
  });
  return all.map(({ LaunchTemplateId: id = '', CreateTime, Tags }) => ({
    what: 'launch template',
    id,
    since: timeOf(CreateTime),
    Tags,
  }));
}

/** Their list has no pages (Amazon EC2 API Reference, "DescribeKeyPairs"). */
async function keyPairs(ec2: EC2Client): Promise<readonly Found[]> {
  const { KeyPairs } = await ec2.send(new DescribeKeyPairsCommand({ Filters }));
  if (KeyPairs === undefined) throw new IncompleteAnswerError('ec2:DescribeKeyPairs', 'it has no list');
  return KeyPairs.map(({ KeyName: id = '', CreateTime, Tags }) => ({
    what: 'key pair',
    id,
    since: CreateTime === undefined ? timeInName(id) : timeOf(CreateTime),
    Tags,
  }));
}

async function securityGroups(ec2: EC2Client): Promise<readonly Found[]> {
  const all = await everyItem({
    action: 'ec2:DescribeSecurityGroups',
    send: (NextToken) => ec2.send(new DescribeSecurityGroupsCommand({ Filters, MaxResults, NextToken })),
    items: ({ SecurityGroups }) => SecurityGroups,
    next: ({ NextToken }) => NextToken,
  });
  return all.map(({ GroupId: id = '', GroupName, Tags }) => ({
    what: 'security group',
    id,
    since: timeInName(GroupName),
    Tags,
  }));
}

async function volumes(ec2: EC2Client): Promise<readonly Found[]> {
  const free = { Name: 'status', Values: ['available', 'error'] };
  const all = await everyItem({
    action: 'ec2:DescribeVolumes',
    send: (NextToken) => ec2.send(new DescribeVolumesCommand({ Filters: [...Filters, free], MaxResults, NextToken })),
    items: ({ Volumes }) => Volumes,
    next: ({ NextToken }) => NextToken,
  });
  return all.map(({ VolumeId: id = '', CreateTime, Tags, Size }) => ({
    what: 'volume',
    id,
    since: timeOf(CreateTime),
    Tags,
    ...(Size !== undefined && { gib: Size }),
  }));
}

async function snapshots(ec2: EC2Client): Promise<readonly Found[]> {
  const all = await everyItem({
    action: 'ec2:DescribeSnapshots',
    send: (NextToken) => ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters, MaxResults, NextToken })),
    items: ({ Snapshots }) => Snapshots,
    next: ({ NextToken }) => NextToken,
  });
  return all.map(({ SnapshotId: id = '', StartTime, Tags, VolumeSize }) => ({
    what: 'snapshot',
    id,
    since: timeOf(StartTime),
    Tags,
    ...(VolumeSize !== undefined && { gib: VolumeSize }),
  }));
}
