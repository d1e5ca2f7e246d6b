import { Refused } from './set';
import type { StoredSecrets } from './stored';

/** Within this time after a rotation every machine that can takes the new key by itself (docs/boot.md). */
const takenWithinHours = 26;

export interface RotateOptions {
  readonly environment: string;
  readonly dryRun: boolean;
  /** Also where machines may still work with the key that goes. */
  readonly again: boolean;
}

/**
 * Starts a rotation of the storage's key, and doesn't wait for its end.
 *
 * @returns what was done, in words
 * @throws Refused soon after another one, since a rotation deletes the key of before
 */
export async function rotateKey(
  stored: Pick<StoredSecrets, 'describe' | 'rotate'>,
  { environment, dryRun, again }: RotateOptions,
  now = new Date(),
): Promise<string> {
  const { LastRotatedDate: last } = await stored.describe('storage');
  const hours = last === undefined ? Infinity : (now.getTime() - last.getTime()) / 3_600_000;
  if (hours < takenWithinHours && !again)
    throw new Refused(
      `The last rotation was ${Math.floor(hours)} h ago, and another one deletes the key of before, which machines may ` +
        'still work with: they take the new one within a day. Give --again to rotate all the same. Nothing was changed.',
    );
  if (dryRun) return "The storage's key would be rotated; nothing was changed.";
  await stored.rotate('storage');
  return `The rotation has begun; \`npm run secrets -- ${environment} status\` shows its end.`;
}
