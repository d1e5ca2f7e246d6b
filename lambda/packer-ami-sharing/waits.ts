import { sleep, type Pauses } from '../common/poll';
import type { Retries } from '../common/retry';

/** How long to wait for what AWS does after it has answered. */
export interface Waits extends Retries {
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
}

/**
 * An image can stay invisible for 2.5 min (docs/facts/images.md#eventual-consistency): to its owner, and to an account
 * that it is shared with.
 */
const patience: Pauses = [2, 4, 8, 16, 30, 30, 30, 30];

/**
 * The waits on AWS: 10 min 15 s at most where nothing fails, within the function's 15 min. Packer's images are available
 * when its build ends; only those made by hand can be pending.
 */
export const awsWaits: Waits = {
  imageVisible: patience,
  imageAvailable: [15, 15, 30, 30, 30, 60, 60],
  launchPermission: [1, 2, 4, 8],
  tags: patience,
  pointer: [1, 2, 4, 8, 15, 30],
  retry: [1, 2, 4],
  sleep,
};
