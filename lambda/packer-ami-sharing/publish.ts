import type { ImageKind } from '../../config/names';
import { mapBounded } from './bounded';
import { briefly, PointersUnsettledError } from './errors';
import type { AccountChange } from './result';
import { retrying } from './retry';
import type { Run } from './run';
import { settleAccount, type Goal } from './settle-account';
import { sameNewest, shelfOf, type Shelf } from './shelf';

/** Accounts that are worked in at a time: far from the request limits of STS, and within the function's memory. */
const accountsAtATime = 50;

/** How often newer images may turn up while pointers move; each time pointers are brought to the newer one. */
const rounds = 3;

export interface PublishOptions extends Omit<Goal, 'shelves'> {
  readonly kinds: readonly ImageKind[];
  readonly accountIds: readonly string[];
  /** An image that is being withdrawn. */
  readonly except?: string;
}

/** What came of an account. */
export type Published = { readonly accountId: string } & (AccountChange | { readonly error: string });

/**
 * Brings pointers and tags of accounts to where they should be. Afterwards it looks at the images again: whoever shares
 * a newer one at the same time may have moved a pointer just before this did, and two who both look again after they
 * wrote can't both miss it.
 *
 * @returns what was done in every account, in order; an account that could not be worked in has an error and stops no
 * other
 * @throws PointersUnsettledError where newer images keep turning up
 */
export async function publish(
  run: Run,
  { kinds, accountIds, except, ...goal }: PublishOptions,
): Promise<readonly Published[]> {
  const look = () =>
    retrying(() => Promise.all(kinds.map((kind) => shelfOf(run, kind, accountIds, except))), run.waits);
  let done: readonly Published[] = [];
  let shelves = await look();
  for (let round = 0; round < rounds; round += 1) {
    const results = await mapBounded(accountIds, accountsAtATime, (accountId) =>
      settleAccount(run, accountId, { ...goal, shelves }).then(
        (change): Published => ({ accountId, ...change }),
        (error: unknown): Published => ({ accountId, error: briefly(error) }),
      ),
    );
    done = results.map((result, index) => together(done[index], result));
    const again = await look();
    if (same(shelves, again)) return done;
    shelves = again;
  }
  throw new PointersUnsettledError(rounds);
}

const same = (shelves: readonly Shelf[], others: readonly Shelf[]): boolean =>
  shelves.every((shelf, index) => {
    const other = others[index];
    return other !== undefined && sameNewest(shelf, other);
  });

/** What two rounds did, as one: the first round's start and the second one's end. */
function together(first: Published | undefined, second: Published): Published {
  if (first === undefined || 'error' in first || 'error' in second) return second;
  const pointers = second.pointers.map(({ kind, pinned, imageId, validated }) => {
    const was = first.pointers.find((pointer) => pointer.kind === kind)?.was;
    const moved = imageId !== was;
    return {
      kind,
      pinned,
      moved,
      ...(imageId !== undefined && { imageId }),
      ...(was !== undefined && { was }),
      ...(validated !== undefined && { validated }),
    };
  });
  return { accountId: second.accountId, tagged: [...new Set([...first.tagged, ...second.tagged])], pointers };
}
