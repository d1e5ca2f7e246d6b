import { sleep, type Pauses } from '../common/poll';
import type { Retries } from '../common/retry';

/** How long to wait for what AWS does after it has answered. */
export interface Waits extends Retries {
  /** For EC2 to show a change that it has accepted. */
  readonly change: Pauses;
}

/** 31 s at most for each change: most show at once, and those that do not are looked at again by the next run. */
export const awsWaits: Waits = { change: [1, 2, 4, 8, 16], retry: [1, 2, 4], sleep };
