import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clusterFunctions, functions } from '../../config/names';
import { withoutAws } from '../../lab/common/without-aws';
import { forkServerVariable } from '../../lab/local-aws/process';
import { buildLambdaArchive } from '../../lambda/archive/archive';

/** Where tests put what they synthesize; `global-teardown.ts` removes it, whatever became of them. */
export const testDirectory = 'BOUNDLESS_TEST_DIRECTORY';

/** Builds the archives once: stacks read them, and the tests' own realm is not one that esbuild accepts. */
export default function setup(): void {
  withoutAws(process.env);
  process.env[testDirectory] = mkdtempSync(path.join(tmpdir(), 'boundless-'));
  process.env[forkServerVariable] = path.join(process.env[testDirectory], 'local-aws.socket');
  for (const name of [...Object.values(functions), ...Object.values(clusterFunctions)]) buildLambdaArchive(name);
}
