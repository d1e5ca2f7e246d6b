import type { Image } from '@aws-sdk/client-ec2';
import type { ImageKind } from '../../../config/names';
import { compareAge, listedImage, type ListedImage } from './image-list';
import { launchPermissionsOf } from '../accounts/launch-permissions';
import { isImageGone, retrying } from '../../common/retry';
import type { Run } from '../run';

/** Images of one kind as EC2 lists them now, and which of them each service account should run. */
export interface ImageInventory {
  readonly kind: ImageKind;
  /** Every image of the kind that is available, the newest first; withdrawn and deprecated ones among them. */
  readonly images: readonly ListedImage[];
  /** The newest that the account may launch and a pointer may name; an account without one is left out. */
  readonly newest: ReadonlyMap<string, string>;
}

/** What a look may take for granted, beside what EC2 lists at that moment: one list may be older than another. */
export interface Known {
  /** Accounts that an image was shared with a moment ago, by its id. */
  readonly shared?: ReadonlyMap<string, ReadonlySet<string>>;
  /** An image that was looked up by its id a moment ago. */
  readonly image?: Image;
  /** An image that no pointer shall name, though nothing at EC2 shows it yet. */
  readonly except?: string;
}

/**
 * Images of a kind whose permissions are read at most, from the newest on: an account that may launch none of them keeps
 * its pointer. Without a limit, one account that EC2 does not take would make each look read all of them.
 */
const deepest = 100;

/**
 * Looks at the images of a kind. Launch permissions show what was shared: only this function gives them, after it
 * has verified the image. They are read from the newest image on, until every account has one.
 *
 * @param all images as EC2 lists them now, the newest first, of whatever kind
 */
export async function inventoryOf(
  run: Run,
  kind: ImageKind,
  all: readonly ListedImage[],
  accountIds: readonly string[],
  { shared, image: found, except }: Known = {},
): Promise<ImageInventory> {
  const listed = all.filter((image) => image.kind === kind);
  const known = found && listedImage(found, { ...run.settings, now: new Date() });
  const isMissing = known?.kind === kind && !listed.some(({ imageId }) => imageId === known.imageId);
  const images = isMissing ? [...listed, known].sort((one, other) => compareAge(other, one)) : listed;
  const newest = new Map<string, string>();
  let reads = 0;
  for (const { imageId, isGood, isPublic } of images) {
    const without = accountIds.filter((accountId) => !newest.has(accountId));
    if (without.length === 0 || reads === deepest) break;
    // A reconcile run makes public images private: that does not count against one whose permissions it knows.
    const isUsable = isGood && (!isPublic || shared?.has(imageId) === true);
    if (imageId === except || !isUsable) continue;
    const sharedWith = shared?.get(imageId) ?? new Set();
    const unknown = without.some((accountId) => !sharedWith.has(accountId));
    reads += Number(unknown);
    const read = unknown ? await accountsOf(run, imageId) : sharedWith;
    for (const accountId of without)
      if (sharedWith.has(accountId) || read.has(accountId)) newest.set(accountId, imageId);
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
export const sameNewest = (one: ImageInventory, other: ImageInventory): boolean =>
  one.newest.size === other.newest.size && [...one.newest].every(([account, id]) => other.newest.get(account) === id);
