import { refreshHours } from '../../config/contract';
import { SecretRefusedError } from './set';
import type { StoredSecrets } from './stored';

/** Within this time after a rotation every instance that can takes the new key by itself: also one that fails once (docs/boot.md). */
const takenWithinHours = refreshHours.after + 2 * refreshHours.afterFailure;

export interface RotateOptions {
  readonly environment: string;
  readonly dryRun: boolean;
  /** Also where instances may still work with the key that goes. */
  readonly again: boolean;
}

/**
 * Starts a rotation of the storage's key, and doesn't wait for its end.
 *
 * @returns what was done, in words
 * @throws SecretRefusedError soon after another one, since a rotation deletes the key of before
 */
export async function rotateKey(
  stored: Pick<StoredSecrets, 'describe' | 'rotate'>,
  { environment, dryRun, again }: RotateOptions,
  now = new Date(),
): Promise<string> {
  const { LastRotatedDate: last } = await stored.describe('storage');
  const hours = last === undefined ? Infinity : (now.getTime() - last.getTime()) / 3_600_000;
  if (hours < takenWithinHours && !again)
    throw new SecretRefusedError(
      `The last rotation was ${Math.floor(hours)} h ago, and another one deletes the key of before, which instances may ` +
        'still work with: they take the new one within a day. Give --again to rotate all the same. Nothing was changed.',
    );
  if (dryRun) return "The storage's key would be rotated; nothing was changed.";
  await stored.rotate('storage');
  return `The rotation has begun; \`npm run secrets -- ${environment} status\` shows its end.`;
}
