import type { Image } from '@aws-sdk/client-ec2';
import type { ImageKind } from '../../../config/names';
import { accountDrift, allOf, fitting, longest, imageDrift, type Drift } from './drift';
import { shortMessage } from '../errors';
import { announce } from '../events/outcome-events';
import { publish, type PublishOptions } from '../accounts/publish';
import { comparePermissions, isDifferent, repairPermissions, type ImageState } from './reconcile-permissions';
import type { Published } from '../result';
import type { Run } from '../run';
import { flush, logger, measure } from '../telemetry';
import { finishWithdrawal } from '../commands/withdraw';
import { isHalfWithdrawn } from '../commands/withdrawal-marks';

/** Images that are compared, announced and repaired together. */
export interface Page {
  readonly images: readonly Image[];
  /** The kinds whose pointers are looked at after these images; half-done withdrawals are finished after that. */
  readonly kinds: readonly ImageKind[];
  /** Accounts whose tags and pointers are looked at. */
  readonly accountIds: readonly string[];
  /** Accounts that EC2 does not take, and is not asked again to add. */
  readonly refused: ReadonlySet<string>;
}

/** What came of a page. */
export interface PageOutcome {
  readonly states: readonly ImageState[];
  readonly published: readonly Published[];
  readonly drift: readonly Drift[];
  readonly repaired: number;
  readonly publicImages: readonly string[];
  readonly failures: readonly string[];
  /** Whether it need not be looked at again before the next round through all images. */
  readonly isDone: boolean;
}

/**
 * Compares a page, measures, logs and announces what was found, and puts it right after that: a run that ends in between
 * has hidden nothing. What fails stops nothing else, and is listed.
 *
 * @throws what keeps it from comparing at all
 */
export async function reconcilePage(run: Run, page: Page): Promise<PageOutcome> {
  const { dryRun } = run;
  const { states: compared, failures: unread } = await comparePermissions(run, page.images, page.refused);
  const planned = await publish({ ...run, dryRun: true }, goalOf(page, compared, 'current'));
  const halfWithdrawn = page.kinds.length === 0 ? [] : page.images.filter(isHalfWithdrawn);
  const found = [
    ...halfWithdrawn.map(({ ImageId: imageId = '' }): Drift => ({ what: 'withdrawal', imageId })),
    ...compared.flatMap(imageDrift),
    ...planned.flatMap(accountDrift),
  ];
  const publicImages = compared.flatMap(({ wasPublic, imageId }) => (wasPublic ? [imageId] : []));
  const unannounced = await report(run, found, publicImages);
  const isAllowed = !dryRun && unannounced === undefined;
  // Nothing waits for the event bus while everybody can launch an image: metric, alarm and log have it already.
  const repairable = compared.filter((state) => isDifferent(state) && (isAllowed || (!dryRun && state.wasPublic)));
  const repaired = await repairPermissions(run, repairable);
  const byId = new Map(repaired.map((state) => [state.imageId, state]));
  const states = compared.map((state) => byId.get(state.imageId) ?? state);
  const again = isAllowed ? accountsToRepair(planned, states) : [];
  const done =
    again.length === 0 ? [] : await publish(run, { ...goalOf(page, states, 'accountIds'), accountIds: again });
  const published = planned.map((plan) => done.find(({ accountId }) => accountId === plan.accountId) ?? plan);
  // A withdrawal is over once its pointers were moved: where the time ended first, the next run finishes it.
  const isCutShort = published.some((account) => account.isCutShort);
  const finishable = isAllowed && !isCutShort ? halfWithdrawn : [];
  const withdrawals = await finishWithdrawals(run, finishable, published);
  return {
    states,
    published,
    drift: allOf(found, published.flatMap(accountDrift)),
    repaired:
      repaired
        .filter(({ refusedChanges, isLeft, error }) => refusedChanges.size === 0 && !isLeft && error === undefined)
        .flatMap(imageDrift).length +
      done.flatMap(accountDrift).length +
      withdrawals.finished,
    publicImages,
    failures: [
      ...unread,
      ...(unannounced === undefined
        ? []
        : [`nothing was repaired but public access, since it can't be announced: ${unannounced}`]),
      ...withdrawals.failures,
    ],
    isDone: unannounced === undefined && !states.some(({ isLeft }) => isLeft) && !withdrawals.isCutShort && !isCutShort,
  };
}

/**
 * What accounts should have.
 *
 * @param seenBy tags are looked at where the account sees the image: at first by its permissions as they are
 */
function goalOf(
  { images, kinds, accountIds }: Page,
  states: readonly ImageState[],
  seenBy: 'current' | 'accountIds',
): PublishOptions {
  const good = states.filter(({ status }) => status === 'shared');
  const seers = new Map(good.map((state) => [state.imageId, new Set(state[seenBy])]));
  return {
    kinds,
    accountIds,
    tagged: (accountId) => images.filter(({ ImageId = '' }) => seers.get(ImageId)?.has(accountId) === true),
    fresh: false,
    mayMoveBack: true,
    purpose: 'reconcile',
    shared: new Map(states.map((state) => [state.imageId, new Set(state.accountIds)])),
  };
}

/** @returns why the event bus did not take it */
async function report(run: Run, found: readonly Drift[], publicImages: readonly string[]): Promise<string | undefined> {
  if (run.dryRun || found.length === 0) return undefined;
  const drift = fitting(found);
  logger.warn('Found what is not as it should be', { drift, publicImages });
  // Written at once: what is kept until the end is lost with a run that ends before.
  measure({ PublicImages: publicImages.length });
  flush();
  const detail = { driftFound: found.length, publicImages: publicImages.slice(0, longest), drift };
  return announce(run, 'found', detail).then(() => undefined, shortMessage);
}

/** Accounts that have something to be repaired, or get an image only now, whose tags are missing there. */
const accountsToRepair = (planned: readonly Published[], states: readonly ImageState[]): readonly string[] => {
  const added = new Set(
    states.flatMap(({ current, accountIds }) => accountIds.filter((accountId) => !current.includes(accountId))),
  );
  return planned
    .filter((account) => accountDrift(account).length > 0 || added.has(account.accountId))
    .map(({ accountId }) => accountId);
};

/** Finishes withdrawals that were cut short between their mark and their end. */
async function finishWithdrawals(
  run: Run,
  images: readonly Image[],
  published: readonly Published[],
): Promise<{ readonly finished: number; readonly failures: readonly string[]; readonly isCutShort: boolean }> {
  let finished = 0;
  const failures: string[] = [];
  for (const image of images) {
    // People can mark many images by hand: each takes calls and waits of its own.
    if (!run.mayBegin()) return { finished, failures, isCutShort: true };
    try {
      await finishWithdrawal(run, image, published);
      finished += 1;
    } catch (error) {
      failures.push(`${image.ImageId ?? ''}: ${shortMessage(error)}`);
    }
  }
  return { finished, failures, isCutShort: false };
}
