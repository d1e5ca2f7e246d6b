import { paginateDescribeImages, type EC2Client, type Image } from '@aws-sdk/client-ec2';
import { imageKinds, project, type ImageKind } from '../../config/names';
import { launchPermissionsOf } from './launch-permissions';
import { isImageGone, retrying } from './retry';
import { kindOf, mayBePointedAt } from './rules';
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

/**
 * Public images of this account that have the name of one of the factory's, whatever tags they have: one that lost its
 * tags would be found by nobody.
 */
export async function publicImagesByName(ec2: EC2Client): Promise<readonly Image[]> {
  const Filters = [
    { Name: 'name', Values: imageKinds.map((kind) => `boundless-${kind}-*`) },
    { Name: 'is-public', Values: ['true'] },
    { Name: 'state', Values: ['available'] },
  ];
  const images: Image[] = [];
  for await (const page of paginateDescribeImages({ client: ec2, pageSize }, { Owners: ['self'], Filters }))
    images.push(...(page.Images ?? []));
  return images;
}

/** Negative where the first image is the older one: by creation date, then by id, since dates can be the same. */
export function compareAge(one: Image, other: Image): number {
  const difference = Date.parse(one.CreationDate ?? '') - Date.parse(other.CreationDate ?? '');
  if (difference !== 0) return difference;
  return (one.ImageId ?? '') < (other.ImageId ?? '') ? -1 : 1;
}

/** What a look may take for granted, beside what EC2 lists at that moment: one list may be older than another. */
export interface Known {
  /** Accounts that an image was shared with a moment ago, by its id. */
  readonly shared?: ReadonlyMap<string, ReadonlySet<string>>;
  /** An image that was looked up by its id a moment ago. */
  readonly image?: Image;
  /** An image that no pointer shall name, though nothing at EC2 says so yet. */
  readonly except?: string;
}

/**
 * Looks at the images of a kind. Launch permissions say what was shared: nobody but this function gives them, after it
 * has verified the image. They are read from the newest image on, until every account has one.
 */
export async function shelfOf(
  run: Run,
  kind: ImageKind,
  accountIds: readonly string[],
  { shared, image: found, except }: Known = {},
): Promise<Shelf> {
  const { clients, settings, waits } = run;
  const listed = await retrying(() => factoryImages(clients.ec2, kind), waits);
  const isMissing =
    found !== undefined && kindOf(found) === kind && !listed.some(({ ImageId }) => ImageId === found.ImageId);
  const images = isMissing ? [...listed, found].sort((one, other) => compareAge(other, one)) : listed;
  const newest = new Map<string, string>();
  for (const image of images) {
    const { ImageId = '' } = image;
    const without = accountIds.filter((accountId) => !newest.has(accountId));
    if (without.length === 0) break;
    // A reconcile run makes public images private: that does not count against one whose permissions it knows.
    const seen = shared?.has(ImageId) === true ? { ...image, Public: false } : image;
    if (ImageId === except || !mayBePointedAt(seen, { ...settings, now: new Date() })) continue;
    const known = shared?.get(ImageId) ?? new Set();
    const unknown = without.some((accountId) => !known.has(accountId));
    const read = unknown ? await accountsOf(run, ImageId) : known;
    for (const accountId of without) if (known.has(accountId) || read.has(accountId)) newest.set(accountId, ImageId);
  }
  return { kind, images, newest };
}

/** The accounts that may launch an image; none where it was deregistered, which lists show for a while. */
async function accountsOf({ clients: { ec2 }, waits }: Run, imageId: string): Promise<ReadonlySet<string>> {
  try {
    const permissions = await retrying(() => launchPermissionsOf(ec2, imageId), waits);
    return new Set(permissions.flatMap(({ UserId }) => UserId ?? []));
  } catch (error) {
    if (isImageGone(error)) return new Set();
    throw error;
  }
}

/** Whether two looks lead to the same pointers. */
export const sameNewest = (one: Shelf, other: Shelf): boolean =>
  one.newest.size === other.newest.size && [...one.newest].every(([account, id]) => other.newest.get(account) === id);
