import { setTimeout as sleep } from 'node:timers/promises';

/** Pauses between looks, in seconds. There is one look more than there are pauses. */
export type Pauses = readonly number[];

/** How long to wait for what AWS does after it has answered. */
export interface Waits {
  /** For a new image to be visible. */
  readonly imageVisible: Pauses;
  /** For a pending image to be available. */
  readonly imageAvailable: Pauses;
  /** For launch permissions to be listed as they were set. */
  readonly launchPermission: Pauses;
  /** For a service account to see an image and its tags. */
  readonly tags: Pauses;
  /** For Parameter Store to check and show a pointer. */
  readonly pointer: Pauses;
  /** Between repetitions after an error that passes by itself. */
  readonly retry: Pauses;
  readonly sleep: (seconds: number) => Promise<unknown>;
}

/** An image can stay invisible for 2.5 min (ami-factory.md C3): to its owner, and to an account that it is shared with. */
const patience: Pauses = [2, 4, 8, 16, 30, 30, 30, 30];

/**
 * The waits on AWS: 10 min 15 s at most where nothing fails, within the function's 15 min. Packer's are available when its build ends; only those made by hand can be pending.
 */
export const awsWaits: Waits = {
  imageVisible: patience,
  imageAvailable: [15, 15, 30, 30, 30, 60, 60],
  launchPermission: [1, 2, 4, 8],
  tags: patience,
  pointer: [1, 2, 4, 8, 15, 30],
  retry: [1, 2, 4],
  sleep: (seconds) => sleep(seconds * 1000),
};

export const secondsOf = (pauses: Pauses): number => pauses.reduce((sum, pause) => sum + pause, 0);

/**
 * Looks until there is something, or the pauses are used up. The SDK's waiters are not used: they take refusals such as
 * AccessDenied for "not yet", and there is none for pointers and permissions.
 *
 * @returns undefined where there is nothing in the end; what `look` throws ends it at once
 */
export async function poll<T>(
  look: () => Promise<T | undefined>,
  pauses: Pauses,
  sleep: Waits['sleep'],
): Promise<T | undefined> {
  for (const pause of pauses) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(pause);
  }
  return look();
}
