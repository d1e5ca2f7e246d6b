import type { Image, LaunchPermission, Snapshot } from '@aws-sdk/client-ec2';
import { mapBounded } from '../../common/bounded';
import { builtImages } from '../events/build-records';
import { shortMessage } from '../errors';
import { requireImdsV2, requiresImdsV2 } from '../images/imds-support';
import {
  changeLaunchPermissions,
  launchPermissionsOf,
  towardsExactly,
  type PermissionChange,
  type RefusedChanges,
} from '../accounts/launch-permissions';
import { isImageGone, retrying } from '../../common/retry';
import { brokenRules, isRetired } from '../images/rules';
import type { Run } from '../run';
import { snapshotsOf } from '../images/verify-image';

/** What became of the launch permissions of one image. */
export interface ImageState {
  readonly imageId: string;
  /** Who can't launch the image and should, and who can and should not. */
  readonly change: PermissionChange;
  /** Whether it is one for all service accounts, and its instances could start without IMDSv2. */
  readonly lacksImdsV2: boolean;
  /** Whether everybody can launch it. */
  readonly wasPublic: boolean;
  /**
   * `shared`: it is one for all service accounts. The others are given to nobody new, and not taken away from accounts
   * that have them: `retired` ones are deprecated or withdrawn, `refused` ones break a rule, for `unproven` ones neither
   * an earlier sharing nor a build's record vouches, `gone` ones were deregistered meanwhile. `unknown`: what decides it
   * could not be read.
   */
  readonly status: 'shared' | 'retired' | 'refused' | 'unproven' | 'gone' | 'unknown';
  /** Rules that a refused image breaks. */
  readonly rules: readonly string[];
  /** Those of the service accounts that may launch it: now, and after the change. */
  readonly current: readonly string[];
  readonly accountIds: readonly string[];
  /** Changes that were not made. */
  readonly refusedChanges: RefusedChanges;
  /** Whether the time of the run ended before its change was begun with. */
  readonly isLeft: boolean;
  /** Why the permissions could not be looked at, or why the image is given to no further account. */
  readonly error?: string;
}

/**
 * Images that are worked on at a time: more would only be throttled, where a call takes a fifth of a second and EC2 answers
 * 20 of its kind in a second (Amazon EC2 Developer Guide, "Request throttling").
 */
const imagesAtATime = 4;

/** What the images of a page came to, and what could not be read of all of them. */
export interface Compared {
  readonly states: readonly ImageState[];
  readonly failures: readonly string[];
}

/**
 * Compares the launch permissions of images with what they should be, and changes nothing. Every image loses launch permissions that are
 * not configured, above all `all`. A good one that was shared before, or whose build succeeded though its event was lost,
 * gets every account; one that neither vouches for is left for a person to share. Where snapshots or builds can't be
 * read, images that need them are given to no further account.
 *
 * @param refused accounts that EC2 does not take, and is not asked again to add
 */
export async function comparePermissions(
  run: Run,
  images: readonly Image[],
  refused: ReadonlySet<string> = new Set(),
): Promise<Compared> {
  const { clients, settings } = run;
  const failures: string[] = [];
  const read = <T>(what: string, work: () => Promise<T>): Promise<T | undefined> =>
    retrying(work, run.waits).catch((error: unknown) => {
      failures.push(
        `${what} can't be read, and images that need them were given to no further account: ${shortMessage(error)}`,
      );
      return undefined;
    });
  const snapshots = await read('snapshots', () => snapshotsOf(clients.ec2, images));
  const built = await read('builds', () => builtImages(clients.codebuild, settings.buildProject, images));
  const states = await mapBounded(images, imagesAtATime, async (image): Promise<ImageState> => {
    const { ImageId: imageId = '' } = image;
    const nothing = {
      imageId,
      change: { add: [], remove: [] },
      current: [],
      accountIds: [],
      lacksImdsV2: false,
      wasPublic: false,
      status: 'unknown',
      rules: [],
      refusedChanges: new Map(),
      isLeft: false,
    } as const;
    try {
      const listed = await retrying(() => launchPermissionsOf(clients.ec2, imageId), run.waits);
      const state = evaluate(run, { image, snapshots, listed, built });
      const { add, remove } = towardsExactly(listed, state.accountIds);
      const isTaken = (accountId: string) => state.current.includes(accountId) || !refused.has(accountId);
      return {
        ...nothing,
        ...state,
        accountIds: state.accountIds.filter(isTaken),
        change: { add: add.filter(isTaken), remove },
      };
    } catch (error) {
      if (isImageGone(error)) return { ...nothing, status: 'gone' };
      return { ...nothing, error: shortMessage(error) };
    }
  });
  return { states, failures };
}

/** Makes the changes that were found. An image whose instances could start without IMDSv2 is given to no further account. */
export const repairPermissions = (run: Run, states: readonly ImageState[]): Promise<readonly ImageState[]> =>
  mapBounded(states, imagesAtATime, async (state) => {
    if (!run.mayBegin()) return { ...state, accountIds: state.current, isLeft: true };
    const { imageId, change } = state;
    const error = state.lacksImdsV2 ? await requireImdsV2(run, imageId).then(() => undefined, shortMessage) : undefined;
    const withheld = error === undefined ? [] : change.add;
    const add = change.add.filter((id) => !withheld.includes(id));
    const refusedChanges = await changeLaunchPermissions(run, imageId, { ...change, add });
    const accountIds = state.accountIds.filter((id) => !refusedChanges.has(id) && !withheld.includes(id));
    return { ...state, refusedChanges, accountIds, ...(error !== undefined && { error }) };
  });

export const isDifferent = (state: ImageState): boolean => state.lacksImdsV2 || hasOtherPermissions(state);

/** Whether others can launch the image than should. */
export const hasOtherPermissions = ({ change }: ImageState): boolean => change.add.length + change.remove.length > 0;

interface Evidence {
  readonly image: Image;
  readonly listed: readonly LaunchPermission[];
  /** Undefined where they could not be read. */
  readonly snapshots: readonly Snapshot[] | undefined;
  /** Images that a build's record vouches for; undefined where that could not be read. */
  readonly built: ReadonlySet<string> | undefined;
}

function evaluate({ settings }: Run, { image, snapshots, listed, built }: Evidence) {
  const { serviceAccountIds } = settings;
  const expected = { ...settings, now: new Date() };
  // Being public is put right at once, and so does not count against the image.
  const rules = brokenRules(
    { image: { ...image, Public: false }, snapshots: snapshots ?? [], launchPermissions: [] },
    expected,
  );
  const current = serviceAccountIds.filter((accountId) => listed.some(({ UserId }) => UserId === accountId));
  const status = (): ImageState['status'] => {
    if (isRetired(image, expected)) return 'retired';
    if (snapshots === undefined) return 'unknown';
    if (rules.length > 0) return 'refused';
    if (current.length > 0) return 'shared';
    if (built === undefined) return 'unknown';
    return built.has(image.ImageId ?? '') ? 'shared' : 'unproven';
  };
  return {
    current,
    accountIds: status() === 'shared' ? serviceAccountIds : current,
    lacksImdsV2: status() === 'shared' && !requiresImdsV2(image),
    status: status(),
    rules: rules.map(({ rule }) => rule),
    wasPublic: listed.some(({ Group }) => Group === 'all'),
  };
}
