import { sleep, type Pauses, type Sleep } from '../common/poll';

/** How long to wait for what IAM does after it has answered: pauses between looks, in seconds. */
export interface Waits {
  /** For IAM to list a key that it made. */
  readonly listed: Pauses;
  /** For room for a key, after another was deleted. */
  readonly room: Pauses;
  /** For S3 to take a new key. */
  readonly works: Pauses;
  readonly sleep: Sleep;
}

/**
 * IAM is eventually consistent (IAM User Guide, "Troubleshoot IAM"): seconds as a rule. Each step has 5 min. Where there
 * is no room and the current key is not listed, each of the 5 looks for room takes the time of `listed`: 3 min.
 */
export const awsWaits: Waits = {
  listed: [1, 2, 4, 8, 15],
  room: [2, 4, 8, 15],
  works: [2, 4, 8, 15, 30, 30, 30],
  sleep,
};
