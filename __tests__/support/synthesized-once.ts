import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FactoryConfig } from '../../config';

/** Where tests put what they synthesize: one folder for a run of all, or the instance's for a test alone. */
export const testFolder = (): string => process.env['BOUNDLESS_TEST_DIRECTORY'] ?? tmpdir();

/**
 * Synthesizes a configuration once in a run, for all test files together, and returns the folder. It is read-only for all.
 *
 * Synthesis has no other input than the configuration (`__tests__/synth.test.ts` runs it twice). Two workers may do it at
 * once: the folder appears whole, and the second result is dropped.
 */
export function synthesizedOnce(config: FactoryConfig): string {
  const hash = createHash('sha256').update(JSON.stringify(config)).digest('hex');
  const folder = path.join(testFolder(), `synthesized-${hash}`);
  if (existsSync(folder)) return folder;
  const own = mkdtempSync(path.join(testFolder(), 'synth-'));
  // Only here: a file whose configuration was synthesized already does not load cdktf and the provider's classes.
  /* eslint-disable @typescript-eslint/no-require-imports */
  const { App } = require('cdktf') as typeof import('cdktf');
  const { addStacks } = require('../../stacks') as typeof import('../../stacks');
  const { archivePath } = require('../../lambda/archive/archive') as typeof import('../../lambda/archive/archive');
  /* eslint-enable @typescript-eslint/no-require-imports */
  withoutStackTraces(() => {
    const app = new App({ outdir: own });
    addStacks(app, { factory: config, archiveOf: archivePath });
    app.synth();
  });
  try {
    renameSync(own, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/**
 * Each token of cdktf records where it was made. Jest maps every such stack to its sources, which took half of the time of
 * synthesis; the stack of an error that leaves `work` is formatted as ever, when it is printed.
 */
function withoutStackTraces(work: () => void): void {
  const own = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  Error.prepareStackTrace = () => '';
  try {
    work();
  } finally {
    if (own === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
    else Object.defineProperty(Error, 'prepareStackTrace', own);
  }
}
