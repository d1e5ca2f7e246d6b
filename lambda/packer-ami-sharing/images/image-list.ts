import { paginateDescribeImages, type EC2Client, type Image } from '@aws-sdk/client-ec2';
import { imageKinds, project, withdrawnTag, type ImageKind } from '../../../config/names';
import { chunks } from '../../common/bounded';
import { kindOf, mayBePointedAt, tagOf, type Expected } from './rules';
import type { Run } from '../run';
import { isHalfWithdrawn } from '../commands/withdrawal-marks';

/** What is kept of an image while all of them are compared: about 200 bytes, where EC2's answer takes thousands. */
export interface ListedImage {
  readonly imageId: string;
  /** When it was made, in ms; 0 where EC2 has no time. */
  readonly created: number;
  /** Missing where no tag has it. */
  readonly kind?: ImageKind;
  /** Whether a pointer may name it, once it is not public. */
  readonly isGood: boolean;
  readonly isPublic: boolean;
  readonly isWithdrawn: boolean;
  readonly isHalfWithdrawn: boolean;
}

/** Images in one answer: EC2 gives up to 1,000, but the text of so many with their tags takes megabytes. */
const pageSize = 500;

/** The most values that a filter takes (EC2 API Reference, "DescribeImages"). */
const perFilter = 200;

/** The factory's images that are available, the newest first; of one kind if there is one. */
export async function listImages(run: Run, kind?: ImageKind): Promise<readonly ListedImage[]> {
  const images = await listed(run, [
    { Name: 'tag:Project', Values: [project] },
    { Name: 'tag:ManagedBy', Values: ['packer'] },
    ...(kind === undefined ? [] : [{ Name: 'tag:Image', Values: [kind] }]),
  ]);
  return images.sort((one, other) => compareAge(other, one));
}

/**
 * Public images of this account that have the name of one of the factory's, whatever tags they have: one that lost its
 * tags would not be found.
 */
export const listPublicImagesByName = (run: Run): Promise<readonly ListedImage[]> =>
  listed(run, [
    { Name: 'name', Values: imageKinds.map((kind) => `boundless-${kind}-*`) },
    { Name: 'is-public', Values: ['true'] },
  ]);

async function listed(
  run: Run,
  filters: readonly { readonly Name: string; readonly Values: string[] }[],
): Promise<ListedImage[]> {
  const Filters = [...filters, { Name: 'state', Values: ['available'] }];
  const expected = { ...run.settings, now: new Date() };
  const images: ListedImage[] = [];
  const pages = paginateDescribeImages({ client: run.clients.ec2, pageSize }, { Owners: ['self'], Filters });
  for await (const { Images = [] } of pages) images.push(...Images.map((image) => listedImage(image, expected)));
  return images;
}

export function listedImage(image: Image, expected: Expected): ListedImage {
  const kind = kindOf(image);
  return {
    // A copy: a piece of a text keeps all of that text in memory, here EC2's whole answer.
    imageId: Buffer.from(image.ImageId ?? '').toString(),
    created: Date.parse(image.CreationDate ?? '') || 0,
    ...(kind !== undefined && { kind }),
    isGood: mayBePointedAt({ ...image, Public: false }, expected),
    isPublic: image.Public === true,
    isWithdrawn: tagOf(image, withdrawnTag) !== undefined,
    isHalfWithdrawn: isHalfWithdrawn(image),
  };
}

/** All that EC2 has of these images, in their order; those that are gone or disabled meanwhile are left out. */
export async function imagesOf(ec2: EC2Client, imageIds: readonly string[]): Promise<readonly Image[]> {
  const images = new Map<string, Image>();
  for (const part of chunks(imageIds, perFilter)) {
    // A filter, since one id that is gone would make an error of the whole call.
    const Filters = [
      { Name: 'image-id', Values: [...part] },
      { Name: 'state', Values: ['available'] },
    ];
    const pages = paginateDescribeImages({ client: ec2, pageSize: perFilter }, { Owners: ['self'], Filters });
    for await (const { Images = [] } of pages) for (const image of Images) images.set(image.ImageId ?? '', image);
  }
  return imageIds.flatMap((imageId) => images.get(imageId) ?? []);
}

/** Negative where the first image is the older one: by creation date, then by id, since dates can be the same. */
export function compareAge(one: Age, other: Age): number {
  const difference = one.created - other.created;
  if (difference !== 0) return difference;
  return one.imageId < other.imageId ? -1 : Number(one.imageId > other.imageId);
}

export type Age = Pick<ListedImage, 'created' | 'imageId'>;
