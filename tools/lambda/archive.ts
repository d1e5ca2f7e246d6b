import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { zipSync } from 'fflate';

/** Where the archives are, for the stacks that deploy them. */
export const archiveDirectory = path.join('.build', 'lambda');

export const archivePath = (functionName: string, directory = archiveDirectory): string =>
  path.join(directory, `${functionName}.zip`);

/** The first time that a ZIP archive can say; the real one would change the archive's hash with each build. */
const epoch = new Date(1980, 0, 1);

/**
 * Bundles `lambda/<name>/handler.ts` with all that it needs, the AWS SDK included, into an archive whose bytes depend
 * on the sources alone: one file, a fixed time, and a deflate that is the same on every machine. The handler is
 * `index.handler`.
 *
 * @returns the archive's path
 */
export function buildLambdaArchive(functionName: string, directory = archiveDirectory): string {
  const { outputFiles } = buildSync({
    entryPoints: [path.join('lambda', functionName, 'handler.ts')],
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    minify: true,
    // Names of classes are names of errors and of metrics.
    keepNames: true,
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
    // The modules in the SDK's packages that browsers would use double the archive.
    mainFields: ['module', 'main'],
  });
  const [code] = outputFiles;
  if (code === undefined) throw new Error(`esbuild wrote nothing for the Lambda ${functionName}`);

  const archive = zipSync({ 'index.js': code.contents }, { level: 9, mtime: epoch });
  const file = archivePath(functionName, directory);
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, archive);
  return file;
}
