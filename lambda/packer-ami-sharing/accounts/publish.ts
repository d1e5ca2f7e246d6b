import type { ImageKind } from '../../../config/names';
import { mapBounded } from '../../common/bounded';
import { shortMessage, PointersNotConvergedError } from '../errors';
import { listImages } from '../images/image-list';
import type { AccountFailure, Published } from '../result';
import { retrying } from '../../common/retry';
import type { Run } from '../run';
import { Progress, reconcileAccount, type Goal } from './reconcile-account';
import { sameNewest, inventoryOf, type Known, type ImageInventory } from '../images/image-inventory';

/** Accounts that are worked in at a time: far from the request limits of STS, and within the function's memory. */
const accountsAtATime = 50;

/** How often newer images may turn up while pointers move; each time pointers are brought to the newer one. */
const rounds = 3;

export interface PublishOptions extends Omit<Goal, 'inventories' | 'tagged'>, Known {
  readonly kinds: readonly ImageKind[];
  readonly accountIds: readonly string[];
  /** The images that should carry the factory's tags in an account. */
  readonly tagged: (accountId: string) => Goal['tagged'];
}

/** The images of a kind, or why they can't be looked at. */
type Look = { readonly kind: ImageKind } & ({ readonly inventory: ImageInventory } | { readonly error: string });

/**
 * Brings pointers and tags of accounts to where they should be. Afterwards it looks at the images again: a run that shares
 * a newer one at the same time may have moved a pointer just before this did, and two who both look again after they
 * wrote can't both miss it.
 *
 * @returns what was done in every account, in order, and what failed there; no kind, account or image stops another
 */
export async function publish(
  run: Run,
  { kinds, accountIds, tagged, shared, image, except, ...goal }: PublishOptions,
): Promise<readonly Published[]> {
  const known: Known = { ...(shared && { shared }), ...(image && { image }), ...(except !== undefined && { except }) };
  const look = () => looksAt(run, kinds, accountIds, known);
  const progress = new Map(accountIds.map((accountId) => [accountId, new Progress()]));
  const reconcile = (looks: readonly Look[]) => {
    const inventories = looks.flatMap((one) => ('inventory' in one ? [one.inventory] : []));
    return mapBounded(accountIds, accountsAtATime, (accountId) =>
      reconcileAccount(run, accountId, { ...goal, inventories, tagged: tagged(accountId) }, progress.get(accountId)),
    );
  };
  let looks = await look();
  for (let round = 1; ; round += 1) {
    const done = await reconcile(looks);
    const again = run.dryRun ? [] : await look();
    const changed = kinds.filter((_, index) => isNewer(looks[index], again[index]));
    const problems: readonly AccountFailure[] = [
      ...[...looks, ...again].flatMap((one) => ('error' in one ? [{ part: one.kind, error: one.error }] : [])),
      ...(round === rounds ? changed : []).map((part) => ({
        part,
        error: shortMessage(new PointersNotConvergedError(rounds)),
      })),
    ];
    if (changed.length === 0 || round === rounds)
      return done.map((account) => ({ ...account, failures: [...account.failures, ...problems] }));
    looks = again;
  }
}

/** One list for all kinds: there is none for no kind. */
async function looksAt(
  run: Run,
  kinds: readonly ImageKind[],
  accountIds: readonly string[],
  known: Known,
): Promise<readonly Look[]> {
  const [first, ...others] = kinds;
  if (first === undefined) return [];
  const failed =
    (kind: ImageKind) =>
    (error: unknown): Look => ({ kind, error: shortMessage(error) });
  try {
    const images = await retrying(() => listImages(run, others.length === 0 ? first : undefined), run.waits);
    return await Promise.all(
      kinds.map((kind) =>
        inventoryOf(run, kind, images, accountIds, known).then(
          (inventory): Look => ({ kind, inventory }),
          failed(kind),
        ),
      ),
    );
  } catch (error) {
    return kinds.map((kind) => failed(kind)(error));
  }
}

/** Whether a later look leads to other pointers than an earlier one. One that failed is a failure of its kind. */
function isNewer(one: Look | undefined, later: Look | undefined): boolean {
  if (one === undefined || later === undefined || 'error' in one || 'error' in later) return false;
  return !sameNewest(one.inventory, later.inventory);
}
