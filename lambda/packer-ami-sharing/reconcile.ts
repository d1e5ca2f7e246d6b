import type { Image } from '@aws-sdk/client-ec2';
import { imageKinds, withdrawnTag, type ImageKind } from '../../config/names';
import { briefList } from './brief-list';
import { briefly } from './errors';
import { imageAges, type Ages } from './image-ages';
import { launchProblems, type LaunchProblem } from './launch-chain';
import { publish } from './publish';
import { reconcilePermissions, type ImageState } from './reconcile-permissions';
import type { Published } from './result';
import { kindOf, tagOf } from './rules';
import type { Run } from './run';
import { factoryImages } from './shelf';
import { takeOut } from './withdraw';

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
 * account, and whether instances could start there. What fails stops nothing else, and is listed.
 *
 * @throws what keeps it from seeing the images at all
 */
export async function reconcile(run: Run): Promise<Reconciled> {
  const { clients, settings, dryRun } = run;
  const images = await factoryImages(clients.ec2);
  const withdrawals = await finishWithdrawals(run, images);
  const states = await reconcilePermissions(run, images);
  const shared = new Map(states.map(({ imageId, accountIds }) => [imageId, new Set(accountIds)]));
  const published = await publish(run, {
    kinds: imageKinds,
    accountIds: settings.serviceAccountIds,
    tagged: (accountId) => {
      const ids = new Set(states.flatMap((state) => (isGoodFor(state, accountId) ? [state.imageId] : [])));
      return images.filter(({ ImageId = '' }) => ids.has(ImageId));
    },
    fresh: false,
    mayMoveBack: true,
    purpose: 'reconcile',
    shared,
  });
  const problems = await launchProblems(run).catch((error: unknown) => briefly(error));

  const drift = [...withdrawals.drift, ...states.flatMap(permissionDrift), ...published.flatMap(accountDrift)];
  const unrepaired = states.filter(({ refusedChanges }) => refusedChanges.size > 0);
  const failures = [
    ...withdrawals.failures,
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
    driftRepaired: dryRun ? 0 : drift.length - unrepaired.length,
    publicImages: states.flatMap(({ wasPublic, imageId }) => (wasPublic ? [imageId] : [])).slice(0, longest),
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

/** A withdrawal that was cut short between its mark and its deprecation. */
async function finishWithdrawals(run: Run, images: readonly Image[]) {
  const drift: Drift[] = [];
  const failures: string[] = [];
  for (const image of images) {
    const { ImageId: imageId = '', DeprecationTime } = image;
    const reason = tagOf(image, withdrawnTag);
    if (reason === undefined || DeprecationTime !== undefined) continue;
    try {
      await takeOut(run, image, reason);
      drift.push({ what: 'withdrawal', imageId });
    } catch (error) {
      failures.push(`${imageId}: ${briefly(error)}`);
    }
  }
  return { drift, failures };
}

const isGoodFor = ({ verdict, accountIds }: ImageState, accountId: string): boolean =>
  verdict === 'shared' && accountIds.includes(accountId);

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

const permissionDrift = ({ imageId, added, removed }: ImageState): readonly Drift[] =>
  added.length + removed.length === 0
    ? []
    : [
        {
          what: 'launch permissions',
          imageId,
          added: added.slice(0, longest),
          removed: removed.slice(0, longest),
        },
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
