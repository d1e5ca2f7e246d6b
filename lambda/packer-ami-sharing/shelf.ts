import { paginateDescribeImages, type EC2Client, type Image } from '@aws-sdk/client-ec2';
import { project, type ImageKind } from '../../config/names';
import { launchPermissionsOf } from './launch-permissions';
import { mayBePointedAt } from './rules';
import type { Run } from './run';

/** Images of one kind as EC2 lists them now, and which of them each service account should run. */
export interface Shelf {
  readonly kind: ImageKind;
  /** Every image of the kind that is available, the newest first; withdrawn and deprecated ones among them. */
  readonly images: readonly Image[];
  /** The newest that the account may launch and a pointer may name; an account without one is left out. */
  readonly newest: ReadonlyMap<string, string>;
}

/** The most that EC2 gives in one answer; without a number it would not give pages at all. */
const pageSize = 1000;

/** The factory's images that are available, the newest first; by their tags, so that every page is worth its time. */
export async function factoryImages(ec2: EC2Client, kind?: ImageKind): Promise<readonly Image[]> {
  const Filters = [
    { Name: 'tag:Project', Values: [project] },
    { Name: 'tag:ManagedBy', Values: ['packer'] },
    { Name: 'state', Values: ['available'] },
    ...(kind === undefined ? [] : [{ Name: 'tag:Image', Values: [kind] }]),
  ];
  const images: Image[] = [];
  for await (const page of paginateDescribeImages({ client: ec2, pageSize }, { Owners: ['self'], Filters }))
    images.push(...(page.Images ?? []));
  return images.sort((one, other) => compareAge(other, one));
}

/** Negative where the first image is the older one: by creation date, then by id, since dates can be the same. */
export function compareAge(one: Image, other: Image): number {
  const difference = Date.parse(one.CreationDate ?? '') - Date.parse(other.CreationDate ?? '');
  if (difference !== 0) return difference;
  return (one.ImageId ?? '') < (other.ImageId ?? '') ? -1 : 1;
}

/**
 * Looks at the images of a kind. Launch permissions say what was shared: nobody but this function gives them, after it
 * has verified the image. They are read from the newest image on, until every account has one.
 *
 * @param except an image that no pointer shall name, though nothing at EC2 says so yet
 */
export async function shelfOf(
  { clients: { ec2 }, settings }: Run,
  kind: ImageKind,
  accountIds: readonly string[],
  except?: string,
): Promise<Shelf> {
  const images = await factoryImages(ec2, kind);
  const newest = new Map<string, string>();
  for (const image of images) {
    const { ImageId = '' } = image;
    if (newest.size === accountIds.length) break;
    if (ImageId === except || !mayBePointedAt(image, { ...settings, now: new Date() })) continue;
    const shared = new Set((await launchPermissionsOf(ec2, ImageId)).map(({ UserId }) => UserId));
    for (const accountId of accountIds)
      if (shared.has(accountId) && !newest.has(accountId)) newest.set(accountId, ImageId);
  }
  return { kind, images, newest };
}

/** Whether two looks lead to the same pointers. */
export const sameNewest = (one: Shelf, other: Shelf): boolean =>
  one.newest.size === other.newest.size && [...one.newest].every(([account, id]) => other.newest.get(account) === id);
