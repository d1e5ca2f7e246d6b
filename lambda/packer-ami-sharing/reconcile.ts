import type { Image } from '@aws-sdk/client-ec2';
import { imageKinds, withdrawnTag, type ImageKind } from '../../config/names';
import { briefList } from './brief-list';
import { briefly } from './errors';
import { imageAges, type Ages } from './image-ages';
import { launchProblems, type LaunchProblem } from './launch-chain';
import { nameOf } from './launch-permissions';
import { announce } from './outcome-events';
import { publish, type PublishOptions } from './publish';
import {
  comparePermissions,
  hasOtherPermissions,
  isDifferent,
  repairPermissions,
  type ImageState,
} from './reconcile-permissions';
import type { Published } from './result';
import { kindOf, tagOf } from './rules';
import type { Run } from './run';
import { factoryImages, publicImagesByName } from './shelf';
import { flush, logger, measure } from './telemetry';
import { finishWithdrawal, isHalfWithdrawn } from './withdraw';

/** One thing that was not as it should be. */
export type Drift =
  | {
      readonly what: 'launch permissions';
      readonly imageId: string;
      readonly added: readonly string[];
      readonly removed: readonly string[];
    }
  | { readonly what: 'tags'; readonly accountId: string; readonly imageIds: readonly string[] }
  | {
      readonly what: 'pointer';
      readonly accountId: string;
      readonly kind: ImageKind;
      readonly from?: string;
      readonly to?: string;
    }
  | { readonly what: 'IMDSv2'; readonly imageId: string }
  | { readonly what: 'withdrawal'; readonly imageId: string };

/** What a reconcile run returns and logs. Lists that can be long are cut; the figures are of all. */
export interface ReconcileResult {
  readonly dryRun: boolean;
  /** Images that were looked at. */
  readonly images: number;
  readonly driftFound: number;
  readonly driftRepaired: number;
  readonly publicImages: readonly string[];
  readonly drift: readonly Drift[];
  /** Images of the factory that break a rule and are shared with nobody new, with the rules. */
  readonly refused: readonly { readonly imageId: string; readonly rules: readonly string[] }[];
  /** Good images that nobody vouches for: neither an earlier sharing nor a build's record. */
  readonly unproven: readonly string[];
  readonly launchProblems: readonly LaunchProblem[];
  /** What could not be done, each starting with the image or account. */
  readonly failures: readonly string[];
}

/** What a run came to, and how old the images are. */
export interface Reconciled {
  readonly result: ReconcileResult;
  readonly ages: readonly Ages[];
}

/** The most entries of a list in the result: it has to fit into one event and one line of the log. */
const longest = 100;

/**
 * Compares what is with what should be, and puts it right: permissions of every image, then tags and pointers of every
 * account, and whether instances could start there. Everything is looked at, and what was found is measured, logged and
 * announced, before anything changes: a run that ends in between has hidden nothing. What fails stops nothing else, and
 * is listed.
 *
 * @throws what keeps it from seeing the images at all
 */
export async function reconcile(run: Run): Promise<Reconciled> {
  const { clients, settings, dryRun } = run;
  const tagged = await factoryImages(clients.ec2);
  const untagged = (await publicImagesByName(clients.ec2)).filter(
    ({ ImageId }) => !tagged.some((image) => image.ImageId === ImageId),
  );
  const images = [...tagged, ...untagged];
  const compared = await comparePermissions(run, images);
  const planned = await publish({ ...run, dryRun: true }, goalOf(run, images, compared, 'current'));
  const halfWithdrawn = images.filter(isHalfWithdrawn);
  const found = [
    ...halfWithdrawn.map(({ ImageId: imageId = '' }): Drift => ({ what: 'withdrawal', imageId })),
    ...compared.flatMap(imageDrift),
    ...planned.flatMap(accountDrift),
  ];
  const publicImages = compared.flatMap(({ wasPublic, imageId }) => (wasPublic ? [imageId] : []));
  const unannounced = await report(run, found, publicImages);
  // Nobody waits for the event bus while everybody can launch an image: metric, alarm and log have it already.
  const repairable = compared.filter((state) => isDifferent(state) && (unannounced === undefined || state.wasPublic));
  const repaired = await repairPermissions(run, dryRun ? [] : repairable);
  const states = compared.map((state) => repaired.find(({ imageId }) => imageId === state.imageId) ?? state);
  const again = dryRun || unannounced !== undefined ? [] : accountsToRepair(planned, states);
  const goal = goalOf(run, images, states, 'accountIds');
  const done = again.length === 0 ? [] : await publish(run, { ...goal, accountIds: again });
  const published = planned.map((plan) => done.find(({ accountId }) => accountId === plan.accountId) ?? plan);
  const unfinished = dryRun || unannounced !== undefined ? [] : await finishWithdrawals(run, halfWithdrawn, published);
  const problems = await launchProblems(run).catch((error: unknown) => briefly(error));

  const drift = allOf(found, published.flatMap(accountDrift));
  const failures = [
    ...(unannounced === undefined
      ? []
      : [`nothing was repaired but public access, since it can't be announced: ${unannounced}`]),
    ...unfinished,
    ...permissionFailures(states),
    ...published.flatMap(({ accountId, failures: ofAccount }) =>
      ofAccount.map(({ part, error }) => `${accountId}: ${part === 'account' ? '' : `${part}: `}${error}`),
    ),
    ...published.flatMap((account) => badPointers(account, images)),
    ...(typeof problems === 'string' ? [`launch chain: ${problems}`] : []),
  ];
  const result: ReconcileResult = {
    dryRun,
    images: images.length,
    driftFound: drift.length,
    driftRepaired:
      repaired
        .filter(({ refusedChanges, error }) => refusedChanges.size === 0 && error === undefined)
        .flatMap(imageDrift).length +
      done.flatMap(accountDrift).length +
      (dryRun || unannounced !== undefined ? 0 : halfWithdrawn.length - unfinished.length),
    publicImages: publicImages.slice(0, longest),
    drift: drift.slice(0, longest),
    refused: states
      .flatMap(({ verdict, imageId, rules }) => (verdict === 'refused' ? [{ imageId, rules }] : []))
      .slice(0, longest),
    unproven: states.flatMap(({ verdict, imageId }) => (verdict === 'unproven' ? [imageId] : [])).slice(0, longest),
    launchProblems: typeof problems === 'string' ? [] : problems.slice(0, longest),
    failures: failures.slice(0, longest),
  };
  return { result, ages: imageAges(images, published, { ...settings, now: new Date() }) };
}

/**
 * What accounts should have.
 *
 * @param seenBy tags are looked at where the account sees the image: at first by its permissions as they are
 */
function goalOf(
  { settings }: Run,
  images: readonly Image[],
  states: readonly ImageState[],
  seenBy: 'current' | 'accountIds',
): PublishOptions {
  return {
    kinds: imageKinds,
    accountIds: settings.serviceAccountIds,
    tagged: (accountId) => {
      const good = states.filter((state) => state.verdict === 'shared' && state[seenBy].includes(accountId));
      const ids = new Set(good.map(({ imageId }) => imageId));
      return images.filter(({ ImageId = '' }) => ids.has(ImageId));
    },
    fresh: false,
    mayMoveBack: true,
    purpose: 'reconcile',
    shared: new Map(states.map(({ imageId, accountIds }) => [imageId, new Set(accountIds)])),
  };
}

/** @returns why the event bus did not take it */
async function report(run: Run, found: readonly Drift[], publicImages: readonly string[]): Promise<string | undefined> {
  if (run.dryRun || found.length === 0) return undefined;
  const drift = found.slice(0, longest);
  logger.warn('Found what is not as it should be', { drift, publicImages });
  // Written at once: what is kept until the end is lost with a run that ends before.
  measure({ PublicImages: publicImages.length });
  flush();
  const detail = { driftFound: found.length, publicImages: publicImages.slice(0, longest), drift };
  return announce(run, 'found', detail).then(() => undefined, briefly);
}

/** Accounts that have something to be repaired, or get an image only now, whose tags are missing there. */
const accountsToRepair = (planned: readonly Published[], states: readonly ImageState[]): readonly string[] =>
  planned
    .filter(
      (account) =>
        accountDrift(account).length > 0 ||
        states.some(({ current, accountIds }) => difference(accountIds, current).includes(account.accountId)),
    )
    .map(({ accountId }) => accountId);

const difference = (all: readonly string[], some: readonly string[]): readonly string[] =>
  all.filter((one) => !some.includes(one));

/** What was found, with what turned up while it was repaired. */
function allOf(found: readonly Drift[], later: readonly Drift[]): readonly Drift[] {
  const keyOf = (drift: Drift): string =>
    [drift.what, ...['imageId', 'accountId', 'kind'].map((key) => String(Reflect.get(drift, key)))].join();
  return [...new Map([...found, ...later].map((drift) => [keyOf(drift), drift])).values()];
}

/** Finishes withdrawals that were cut short between their mark and their deprecation. */
async function finishWithdrawals(
  run: Run,
  images: readonly Image[],
  published: readonly Published[],
): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const image of images)
    try {
      await finishWithdrawal(run, image, published);
    } catch (error) {
      failures.push(`${image.ImageId ?? ''}: ${briefly(error)}`);
    }
  return failures;
}

/** One line for each reason and whom it is for: an account that EC2 does not take is refused for every image. */
function permissionFailures(states: readonly ImageState[]): readonly string[] {
  const imageIds = new Map<string, string[]>();
  for (const { imageId, refusedChanges } of states)
    for (const [name, error] of refusedChanges) {
      const line = `${name}: ${error.replaceAll(imageId, 'the image')}`;
      imageIds.set(line, [...(imageIds.get(line) ?? []), imageId]);
    }
  return [
    ...states.flatMap(({ imageId, error }) => (error === undefined ? [] : [`${imageId}: ${error}`])),
    ...[...imageIds].map(([line, ids]) => `${line} (launch permission of ${briefList(ids)})`),
  ];
}

const imageDrift = (state: ImageState): readonly Drift[] => [
  ...(state.lacksImdsV2 ? [{ what: 'IMDSv2' as const, imageId: state.imageId }] : []),
  ...(hasOtherPermissions(state)
    ? [
        {
          what: 'launch permissions' as const,
          imageId: state.imageId,
          added: state.change.add.slice(0, longest),
          removed: state.change.remove.map(nameOf).slice(0, longest),
        },
      ]
    : []),
];

function accountDrift(account: Published): readonly Drift[] {
  const { accountId, tagged, pointers } = account;
  const moved = pointers.filter((pointer) => pointer.moved);
  return [
    ...(tagged.length === 0 ? [] : [{ what: 'tags' as const, accountId, imageIds: tagged.slice(0, 10) }]),
    ...moved.map(({ kind, was, imageId }): Drift => ({
      what: 'pointer',
      accountId,
      kind,
      ...(was !== undefined && { from: was }),
      ...(imageId !== undefined && { to: imageId }),
    })),
  ];
}

/** Pointers that name a withdrawn image, because they are pinned to it or there is no other. */
function badPointers(account: Published, images: readonly Image[]): readonly string[] {
  return account.pointers.flatMap(({ kind, imageId, pinned }) => {
    const image = images.find(({ ImageId }) => ImageId === imageId);
    if (image === undefined || kindOf(image) !== kind || tagOf(image, withdrawnTag) === undefined) return [];
    const fix = pinned ? 'unpin it, or pin another one' : 'build one that can take its place';
    return [`${account.accountId}: ${imageId ?? ''} is withdrawn, and the pointer of ${kind} still names it; ${fix}`];
  });
}
