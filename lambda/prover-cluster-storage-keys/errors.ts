/** A rotation that must not go on, with the reason and the fix. */
export class RotationRefusedError extends Error {
  override readonly name = 'RotationRefusedError';
}

/** What ended an invocation, in words: errors of S3 carry the key that they are about, and Lambda logs all of an error. */
export class RotationFailedError extends Error {
  override readonly name = 'RotationFailedError';
}

/** Name and message of an error, and nothing else of it. */
export const inWords = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
