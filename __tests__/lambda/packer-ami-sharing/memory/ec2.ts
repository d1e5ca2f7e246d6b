import type {
  CreateTagsCommandInput,
  DeleteTagsCommandInput,
  DescribeImagesCommandInput,
  DescribeSnapshotsCommandInput,
  EnableImageDeprecationCommandInput,
  Image,
  LaunchPermission,
  ModifyImageAttributeCommandInput,
} from '@aws-sdk/client-ec2';
import type { MemoryAws } from '../memory-aws';
import { ec2Error } from '../support';
import type { Answers } from './call';
import { described, sees, snapshotOf, type MemoryImage } from './image';

/** EC2's answers about images, as its API reference describes them. */
export const ec2Answers: Answers = {
  DescribeImages: (aws, { account, input }) => page(describe(aws, account, input), aws.largestPage, input),

  DescribeSnapshots: (aws, { input }) => {
    const { Filters: [filter] = [] } = input as DescribeSnapshotsCommandInput;
    return {
      Snapshots: [...aws.images.values()]
        .filter((image) => filter?.Values?.includes(snapshotOf(image)))
        .map((image) => ({
          SnapshotId: snapshotOf(image),
          Encrypted: image.keyArn !== undefined,
          ...(image.keyArn !== undefined && { KmsKeyId: image.keyArn }),
        })),
    };
  },

  DescribeImageAttribute: (aws, { input }) => {
    const entry = (permission: string): LaunchPermission =>
      permission === 'all' ? { Group: 'all' } : { UserId: permission };
    return { LaunchPermissions: [...owned(aws, input['ImageId']).permissions].map(entry) };
  },

  ModifyImageAttribute: (aws, { input }) => {
    const { ImageId, ImdsSupport, LaunchPermission = {} } = input as unknown as ModifyImageAttributeCommandInput;
    const image = owned(aws, ImageId);
    // One attribute in a call (EC2 API Reference, "ModifyImageAttribute").
    if (ImdsSupport !== undefined) {
      image.imdsV2 = true;
      return {};
    }
    const { Add = [], Remove = [] } = LaunchPermission;
    for (const { UserId, Group } of Add) image.permissions.add(UserId ?? Group ?? '');
    for (const { UserId, Group } of Remove) image.permissions.delete(UserId ?? Group ?? '');
    return {};
  },

  CreateTags: (aws, { account, input }) => {
    const { Resources: [id = ''] = [], Tags = [] } = input as unknown as CreateTagsCommandInput;
    const tags = tagsOf(aws, account, visible(aws, account, id));
    for (const { Key = '', Value = '' } of Tags) tags.set(Key, Value);
    return {};
  },

  DeleteTags: (aws, { account, input }) => {
    const { Resources: [id = ''] = [], Tags = [] } = input as unknown as DeleteTagsCommandInput;
    const tags = tagsOf(aws, account, visible(aws, account, id));
    for (const { Key = '' } of Tags) tags.delete(Key);
    return {};
  },

  EnableImageDeprecation: (aws, { input }) => {
    const { ImageId, DeprecateAt } = input as unknown as EnableImageDeprecationCommandInput;
    const image = owned(aws, ImageId);
    // Rounded to the nearest minute (EC2 API Reference, "EnableImageDeprecation").
    const minutes = Math.round((DeprecateAt?.getTime() ?? 0) / 60_000);
    image.deprecation = new Date(minutes * 60_000).toISOString();
    return {};
  },

  DeregisterImage: (aws, { input }) => {
    aws.deregister(owned(aws, input['ImageId']));
    return {};
  },
};

function owned(aws: MemoryAws, imageId: unknown): MemoryImage {
  const image = aws.images.get(String(imageId));
  if (image === undefined || image.state === 'deregistered') throw ec2Error('InvalidAMIID.Unavailable');
  return image;
}

function visible(aws: MemoryAws, account: string, imageId: string): MemoryImage {
  const image = aws.images.get(imageId);
  if (image === undefined || !sees(account, image)) throw ec2Error('InvalidAMIID.NotFound');
  return image;
}

/** Tags do not cross accounts: each has its own of an image. */
function tagsOf(aws: MemoryAws, account: string, image: MemoryImage): Map<string, string> {
  if (account === image.ownerId) return image.tags;
  const { tags } = aws.account(account);
  const own = tags.get(image.id) ?? new Map<string, string>();
  tags.set(image.id, own);
  return own;
}

function describe(aws: MemoryAws, account: string, input: DescribeImagesCommandInput): Image[] {
  const { ImageIds, Filters = [], Owners, IncludeDisabled, IncludeDeprecated } = input;
  const named = Filters.find(({ Name }) => Name === 'image-id')?.Values;
  const asked = named?.flatMap((id) => aws.images.get(id) ?? []) ?? [...aws.images.values()];
  const seen = asked.filter(
    (image) => sees(account, image) && (Owners?.includes('self') !== true || image.ownerId === account),
  );
  const show = (image: MemoryImage) =>
    described(image, account === image.ownerId ? image.tags : (aws.account(account).tags.get(image.id) ?? new Map()));
  if (ImageIds !== undefined) {
    const found = seen.filter(({ id }) => ImageIds.includes(id));
    if (found.length < ImageIds.length) throw ec2Error('InvalidAMIID.NotFound');
    return found.filter(({ state }) => state === 'available' || IncludeDisabled === true).map(show);
  }
  // A deprecated image is hidden from others than its owner (EC2 User Guide, "Deprecate an Amazon EC2 AMI").
  const hides = ({ ownerId, deprecation }: MemoryImage) =>
    account !== ownerId && IncludeDeprecated !== true && Date.parse(deprecation ?? '') <= Date.now();
  const shown = seen.filter((image) => !hides(image)).map(show);
  return shown.filter((image) =>
    Filters.every(({ Name = '', Values = [] }) =>
      Name === 'name'
        ? Values.some((pattern) => image.Name?.startsWith(pattern.replace(/\*$/, '')))
        : Values.includes(valueOf(image, Name) ?? ''),
    ),
  );
}

function valueOf(image: Image, filter: string): string | undefined {
  if (filter.startsWith('tag:')) return image.Tags?.find(({ Key }) => Key === filter.slice(4))?.Value;
  return { 'image-id': image.ImageId, state: image.State, 'is-public': String(image.Public) }[filter];
}

/** EC2 may give fewer images than were asked for. */
function page(images: readonly Image[], largest: number, { MaxResults, NextToken }: DescribeImagesCommandInput) {
  if (MaxResults === undefined) return { Images: images };
  const start = Number(NextToken ?? 0);
  const end = start + Math.min(MaxResults, largest);
  return { Images: images.slice(start, end), ...(end < images.length && { NextToken: String(end) }) };
}
