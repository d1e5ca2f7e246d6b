import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait for what IAM does after it has answered: pauses between looks, in seconds. */
export interface Waits {
  /** For IAM to list a key that it made. */
  readonly listed: readonly number[];
  /** For room for a key, after another was deleted. */
  readonly room: readonly number[];
  /** For S3 to take a new key. */
  readonly works: readonly number[];
  readonly sleep: (seconds: number) => Promise<unknown>;
}

/**
 * IAM is eventually consistent (IAM User Guide, "Troubleshoot IAM"): seconds as a rule. Each step has 5 min. Where there
 * is no room and the current key is not listed, each of the 5 looks for room takes the time of `listed`: 3 min.
 */
export const awsWaits: Waits = {
  listed: [1, 2, 4, 8, 15],
  room: [2, 4, 8, 15],
  works: [2, 4, 8, 15, 30, 30, 30],
  sleep: (seconds) => sleep(seconds * 1000),
};

/**
 * Does something until it comes to something, or the pauses are used up.
 *
 * @returns undefined where it came to nothing in the end; what `attempt` throws ends it at once
 */
export async function repeat<T>(
  attempt: () => Promise<T | undefined>,
  pauses: readonly number[],
  pause: Waits['sleep'],
): Promise<T | undefined> {
  for (const seconds of pauses) {
    const outcome = await attempt();
    if (outcome !== undefined) return outcome;
    await pause(seconds);
  }
  return attempt();
}
