import { setTimeout } from 'node:timers/promises';

/** Pauses between attempts, in seconds. There is one attempt more than there are pauses. */
export type Pauses = readonly number[];

/** Waits for that many seconds. */
export type Sleep = (seconds: number) => Promise<unknown>;

export const sleep: Sleep = (seconds) => setTimeout(seconds * 1000);

export const secondsOf = (pauses: Pauses): number => pauses.reduce((sum, pause) => sum + pause, 0);

/**
 * Attempts something until it has a result, or the pauses are used up. The SDK's waiters are not used: they take refusals
 * such as AccessDenied for "not yet", and there is none for pointers, permissions and access keys.
 *
 * @returns undefined where there is no result in the end; what `attempt` throws ends it at once
 */
export async function poll<T>(
  attempt: () => Promise<T | undefined>,
  pauses: Pauses,
  pause: Sleep,
): Promise<T | undefined> {
  for (const seconds of pauses) {
    const result = await attempt();
    if (result !== undefined) return result;
    await pause(seconds);
  }
  return attempt();
}
