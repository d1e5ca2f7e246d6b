import { rmSync } from 'node:fs';
import { testDirectory } from './global-setup';

/** Removes what the tests synthesized. */
export default function teardown(): void {
  const directory = process.env[testDirectory];
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
}
