import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { Pauses, Sleep } from './poll';

/**
 * Errors that pass by themselves and that the SDK does not repeat: an image that not every server of EC2 knows yet
 * (docs/facts/images.md#eventual-consistency), sessions that end while they are used, events that the bus did not
 * take, and a pointer that another writer changes at this moment.
 */
const passing = new Set([
  'EventRefusedError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAMIID.NotFound',
  'InvalidAMIID.Unavailable',
  'RequestExpired',
  'TooManyUpdates',
]);

/** Whether EC2 answers that there is no such image (any more); some servers answer that for a new one too. */
export const isImageGone = (error: unknown): boolean =>
  error instanceof Error && ['InvalidAMIID.NotFound', 'InvalidAMIID.Unavailable'].includes(error.name);

/** Whether the same call may succeed later without anybody changing anything. What is denied or refused never may. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const sdkError = error as Parameters<typeof isTransientError>[0];
  return (
    passing.has(error.name) || isThrottlingError(sdkError) || isTransientError(sdkError) || isServerError(sdkError)
  );
}

/** How to retry: the pauses between attempts, in seconds. */
export interface Retries {
  readonly retry: Pauses;
  readonly sleep: Sleep;
}

/**
 * Does work that is safe to repeat, and repeats it as a whole after errors that pass: with pauses that grow, each cut
 * short by up to half at random, so that accounts that were throttled together do not come back together.
 *
 * @throws what the work threw, at once where it is permanent, else after the last pause
 */
export async function retrying<T>(work: () => Promise<T>, { retry, sleep }: Retries): Promise<T> {
  for (const pause of retry) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error)) throw error;
      await sleep(pause * (1 - Math.random() / 2));
    }
  }
  return work();
}
