import { DescribeImagesCommand, type EC2Client, type Image } from '@aws-sdk/client-ec2';
import { imageKinds, project, retirementTags, withdrawnTag } from '../../../config/names';
import type { ImageFacts } from '../decide/facts';
import { everyPage } from '../sources/every-page';
import { copyOf } from '../sources/reader';

/** What EC2 has of the account's images. */
export interface OwnImages {
  /** Those of the factory, in whatever state. */
  readonly images: readonly ImageFacts[];
  /** Snapshots of every image of the account, the factory's or not: they are in use. */
  readonly snapshotIds: ReadonlySet<string>;
}

/** EC2 gives up to 1,000, but the text of so many with their tags takes megabytes. */
const pageSize = 500;

/** Every image of the account, deprecated and disabled ones as well. */
export async function listImages(ec2: EC2Client): Promise<OwnImages> {
  const images: ImageFacts[] = [];
  const snapshotIds = new Set<string>();
  const pages = everyPage({
    action: 'ec2:DescribeImages',
    send: (NextToken) =>
      ec2.send(
        new DescribeImagesCommand({
          Owners: ['self'],
          IncludeDeprecated: true,
          IncludeDisabled: true,
          MaxResults: pageSize,
          NextToken,
        }),
      ),
    items: ({ Images }) => Images,
    next: ({ NextToken }) => NextToken,
  });
  for await (const page of pages)
    for (const image of page) {
      const facts = factsOf(image);
      if (facts !== undefined) images.push(facts);
      for (const id of snapshotsOf(image)) snapshotIds.add(copyOf(id));
    }
  return { images, snapshotIds };
}

/** One image as it is now; undefined where it is gone, or is none of the factory's. */
export async function imageNow(ec2: EC2Client, imageId: string): Promise<ImageFacts | undefined> {
  // A filter, since an id that is gone would make an error of the call.
  const { Images: [image] = [] } = await ec2.send(
    new DescribeImagesCommand({
      Owners: ['self'],
      Filters: [{ Name: 'image-id', Values: [imageId] }],
      IncludeDeprecated: true,
      IncludeDisabled: true,
    }),
  );
  return image && factsOf(image);
}

/** What decides about an image; undefined for one that is none of the factory's. */
export function factsOf(image: Image): ImageFacts | undefined {
  const tags = new Map((image.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
  const kind = imageKinds.find((known) => known === tags.get('Image'));
  if (tags.get('Project') !== project || tags.get('ManagedBy') !== 'packer' || kind === undefined) return undefined;
  const optional = {
    deprecatedAt: timeOf(image.DeprecationTime),
    disabledAt: timeOf(tags.get(retirementTags.disabledAt)),
    undoneAt: timeOf(tags.get(retirementTags.undoneAt)),
    lastLaunchedAt: timeOf(image.LastLaunchedTime),
    keep: copied(tags.get('Keep')),
  };
  return {
    imageId: copyOf(image.ImageId ?? ''),
    name: copyOf(image.Name ?? ''),
    family: copyOf(`${kind} ${tags.get('Environment') ?? ''}`.trim()),
    created: Date.parse(image.CreationDate ?? ''),
    state: copyOf(image.State ?? 'unknown'),
    isWithdrawn: tags.has(withdrawnTag),
    isComplete: ['Version', 'InputsHash'].every((tag) => (tags.get(tag) ?? '') !== ''),
    // Its values besides `disabled` name how it is protected (Amazon EC2 API Reference, "Image"): any counts.
    isProtected: !['', 'disabled'].includes(image.DeregistrationProtection ?? ''),
    isProtectedHere: tags.has(retirementTags.protectedBy),
    snapshotIds: snapshotsOf(image).map(copyOf),
    gib: (image.BlockDeviceMappings ?? []).reduce((sum, { Ebs }) => sum + (Ebs?.VolumeSize ?? 0), 0),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}

/** Instance store volumes have no `Ebs`, and an empty volume no snapshot. */
const snapshotsOf = ({ BlockDeviceMappings = [] }: Image): readonly string[] =>
  BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);

/** Of what is no time, nothing is known: NaN would be neither early nor late. */
const timeOf = (text: string | undefined): number | undefined => {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
};

const copied = (text: string | undefined): string | undefined => (text === undefined ? undefined : copyOf(text));
