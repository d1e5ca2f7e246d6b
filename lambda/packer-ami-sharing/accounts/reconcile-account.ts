import type { Image } from '@aws-sdk/client-ec2';
import { roles, type ImageKind } from '../../../config/names';
import { tagImages } from './account-tags';
import { shortMessage, OutOfTimeError } from '../errors';
import { inAccount } from './in-account';
import { readPointers } from '../pointers/pointers';
import type { AccountFailure, PointerChange, Published } from '../result';
import { isTransient } from '../../common/retry';
import type { Run } from '../run';
import { reconcilePointer, targetOf } from '../pointers/reconcile-pointer';
import type { ImageInventory } from '../images/image-inventory';

/** What a service account should have. */
export interface Goal {
  /** One for each kind whose pointer is looked after. */
  readonly inventories: readonly ImageInventory[];
  /** The images that should carry the factory's tags there. */
  readonly tagged: readonly Image[];
  /** Whether an account whose pointers are not right yet has no tags either, as on a first sharing. */
  readonly fresh: boolean;
  readonly mayMoveBack: boolean;
  /** What the session is for, as CloudTrail of the account shows it. */
  readonly purpose: string;
}

/** The most images that are named as not tagged, of an account: a report holds many accounts. */
const longest = 5;

/** What was done in an account so far. Work is repeated as a whole, and each repetition finds less to do. */
export class Progress {
  readonly tagged = new Set<string>();
  private readonly pointers = new Map<ImageKind, PointerChange>();
  /** What pointers named at first. */
  private readonly was = new Map<ImageKind, string | undefined>();

  start(kind: ImageKind, latest: string | undefined): void {
    if (!this.was.has(kind)) this.was.set(kind, latest);
  }

  record({ kind, imageId, pinned, validated }: PointerChange): void {
    const was = this.was.get(kind);
    this.pointers.set(kind, {
      kind,
      pinned,
      moved: imageId !== was,
      ...(imageId !== undefined && { imageId }),
      ...(was !== undefined && { was }),
      ...(validated !== undefined && { validated }),
    });
  }

  result(accountId: string, failures: readonly AccountFailure[], isCutShort: boolean): Published {
    return { accountId, tagged: [...this.tagged], pointers: [...this.pointers.values()], failures, isCutShort };
  }
}

/**
 * Gives a service account what it should have: tags first, so that no pointer ever moves to an image without them. A
 * first sharing takes 6 calls: the role, the pointers, the tags and a look at them, the pointer and a look at it. One
 * that was cut short takes no more, since tags are looked at first only where the pointers are right already.
 *
 * @returns what was done; what fails, such as a pin of one kind that names no image, stops nothing else
 */
export async function reconcileAccount(
  run: Run,
  accountId: string,
  { inventories, tagged, fresh, mayMoveBack, purpose }: Goal,
  progress: Progress = new Progress(),
): Promise<Published> {
  let failures: { readonly part: AccountFailure['part']; readonly error: unknown }[] = [];
  if (!run.mayBegin()) return progress.result(accountId, [], true);
  const attempt = (part: AccountFailure['part'], work: () => Promise<void>) =>
    work().catch((error: unknown) => void failures.push({ part, error }));
  try {
    await inAccount(run, { accountId, role: roles.publisher, purpose }, async ({ ec2, ssm }) => {
      failures = [];
      const pointersOf = await readPointers(
        ssm,
        inventories.map(({ kind }) => kind),
      );
      const destinations = inventories.map((inventory) => ({ accountId, inventory, mayMoveBack }));
      for (const { inventory } of destinations) progress.start(inventory.kind, pointersOf(inventory.kind).latest);
      const converged = destinations.every((destination) => {
        const now = pointersOf(destination.inventory.kind);
        const target = targetOf(destination, now);
        return target === undefined || target === now.latest;
      });
      let untagged: ReadonlyMap<string, unknown> = new Map();
      await attempt('tags', async () => {
        const found = (imageId: string) => void progress.tagged.add(imageId);
        try {
          untagged = await tagImages(ec2, tagged, { ...run, unseen: fresh && !converged, found });
        } catch (error) {
          untagged = new Map(tagged.map(({ ImageId = '' }) => [ImageId, error]));
          throw error;
        }
        const problems = new Map([...untagged.values()].map((error) => [shortMessage(error), error]));
        for (const error of [...problems.values()].slice(0, longest)) failures.push({ part: 'tags', error });
      });
      for (const destination of destinations)
        await attempt(destination.inventory.kind, async () => {
          const now = pointersOf(destination.inventory.kind);
          progress.record(await reconcilePointer(ssm, destination, now, run, untagged));
        });
      const passing = failures.find(({ error }) => isTransient(error));
      if (passing !== undefined) throw passing.error;
    });
  } catch (error) {
    if (!failures.some((failure) => failure.error === error)) failures.push({ part: 'account', error });
  }
  const real = failures.filter(({ error }) => !(error instanceof OutOfTimeError));
  return progress.result(
    accountId,
    real.map(({ part, error }) => ({ part, error: shortMessage(error) })),
    real.length < failures.length,
  );
}
