import type { SSMClient } from '@aws-sdk/client-ssm';
import { pointerName } from '../../../config/names';
import { PinUnusableError, PointerContendedError, PointerNotMovedError } from '../errors';
import { readPointers, writePointer, type Pointers } from './pointers';
import type { PointerChange } from '../result';
import { compareAge } from '../images/image-list';
import type { ImageInventory } from '../images/image-inventory';
import { poll, secondsOf } from '../../common/poll';
import type { Waits } from '../waits';

/** Where the pointer of a kind should be in one account. */
export interface Destination {
  readonly accountId: string;
  readonly inventory: ImageInventory;
  /**
   * Whether a pointer may go back to an older image. Sharing never needs that: an older build that ends later must not
   * undo a newer one. Repairing, withdrawing and unpinning do.
   */
  readonly mayMoveBack: boolean;
}

/** The image that the pointer should name; undefined where it should stay as it is, for want of a better one. */
export function targetOf({ accountId, inventory, mayMoveBack }: Destination, now: Pointers): string | undefined {
  const { latest, pinned } = now;
  if (pinned !== undefined) return isListed(inventory, pinned) ? pinned : undefined;
  const newest = inventory.newest.get(accountId);
  const [current, candidate] = [latest, newest].map((id) => inventory.images.find(({ imageId }) => imageId === id));
  const keeps =
    !mayMoveBack &&
    current !== undefined &&
    current.isGood &&
    !current.isPublic &&
    (candidate === undefined || compareAge(current, candidate) > 0);
  return keeps ? latest : newest;
}

const isListed = ({ images }: ImageInventory, imageId: string): boolean =>
  images.some((image) => image.imageId === imageId);

/** @throws PinUnusableError where the pin names no image that can be launched */
function checkPin({ accountId, inventory }: Destination, { pinned }: Pointers): void {
  if (pinned !== undefined && !isListed(inventory, pinned))
    throw new PinUnusableError(pointerName(inventory.kind, 'pinned'), pinned, accountId);
}

/** How often others may get in between a look and a write; each time it is looked at again. */
const attempts = 3;

/**
 * Brings a pointer to where it should be, and reads it back. Parameter Store has no conditional write, so others can
 * write between the look and the write: pins are looked at again afterwards, and images by `publish.ts`.
 *
 * @param now what was read last
 * @param untagged why an image has not its tags in the account: no pointer moves to it
 * @throws PinUnusableError where the pin names no image that can be launched; what is in `untagged`
 * @throws PointerNotMovedError where the pointer is written, and not to be read
 * @throws PointerContendedError where another writer keeps changing it
 */
export async function reconcilePointer(
  ssm: SSMClient,
  destination: Destination,
  now: Pointers,
  { waits, dryRun }: { readonly waits: Waits; readonly dryRun: boolean },
  untagged: ReadonlyMap<string, unknown> = new Map(),
): Promise<PointerChange> {
  const { kind } = destination.inventory;
  const was = now.latest;
  let pointers = now;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    checkPin(destination, pointers);
    const target = targetOf(destination, pointers);
    const pinned = pointers.pinned !== undefined;
    if (target === undefined || target === pointers.latest || dryRun) {
      const imageId = target ?? pointers.latest;
      return {
        kind,
        moved: imageId !== was,
        pinned,
        ...(imageId !== undefined && { imageId }),
        ...(was !== undefined && { was }),
        ...(now.validated !== undefined && { validated: now.validated }),
      };
    }
    if (untagged.has(target)) throw untagged.get(target);
    await writePointer(ssm, kind, 'latest', target);
    // Images are checked after the answer, and until then the old value stays (Parameter Store, "AMI data type").
    const { latest: before, pinned: pin } = pointers;
    const changed = async () => {
      const read = (await readPointers(ssm, [kind]))(kind);
      return read.latest !== before || read.pinned !== pin ? read : undefined;
    };
    const read = await poll(changed, waits.pointer, waits.sleep);
    if (read === undefined)
      throw new PointerNotMovedError(pointerName(kind, 'latest'), target, secondsOf(waits.pointer));
    pointers = read;
  }
  throw new PointerContendedError(pointerName(kind, 'latest'), attempts);
}
