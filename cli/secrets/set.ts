import { OperatorError } from '../common/errors';
import type { operatorSecrets } from './names';
import { problemWith } from './forms';
import { binary, type StoredSecrets } from './stored';

/** The most that a value may have (AWS Secrets Manager User Guide, "AWS Secrets Manager quotas": Secret size). */
const longestBytes = 65_536;

/** Nothing was changed, and why. */
export class SecretRefusedError extends OperatorError {
  override readonly name = 'SecretRefusedError';
}

export interface SetOptions {
  readonly name: (typeof operatorSecrets)[number];
  readonly replace: boolean;
  readonly dryRun: boolean;
}

/**
 * Puts a value in. What is there already is not written again, and another value, text or binary, is replaced only where
 * that is asked for.
 *
 * @param read asks for the value, once it is known that there is a place for it
 * @returns what was done, in words
 * @throws SecretRefusedError for a value that is malformed, too long, or would replace another one
 */
export async function setSecret(
  stored: StoredSecrets,
  { name, replace, dryRun }: SetOptions,
  read: () => Promise<string>,
): Promise<string> {
  await stored.describe(name);
  const before = await stored.value(name);
  const value = await read();
  if (value === '') throw new SecretRefusedError(`${name}: nothing was given. Nothing was changed.`);
  const bytes = Buffer.byteLength(value);
  if (bytes > longestBytes)
    throw new SecretRefusedError(
      `${name}: what was given has ${bytes} bytes, and Secrets Manager takes ${longestBytes} at most. Nothing was changed.`,
    );
  const problem = problemWith(name, value);
  if (problem !== undefined) throw new SecretRefusedError(`${name}: what was given ${problem}. Nothing was changed.`);
  if (before === value) return `${name} is this already.`;
  if (before !== undefined && !replace)
    throw new SecretRefusedError(
      `${name} has ${before === binary ? 'a binary value, which is no text' : 'another value'}; ` +
        'give --replace to put this one in its place. Nothing was changed.',
    );
  if (dryRun) return `${name} would be ${before === undefined ? 'set' : 'replaced'}; nothing was changed.`;
  await stored.put(name, value);
  return `${name} is ${before === undefined ? 'set' : 'replaced'}. Instances read it when they start, or are configured again: docs/secrets.md.`;
}
