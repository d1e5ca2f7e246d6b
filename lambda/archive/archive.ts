import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync, type BuildOptions } from 'esbuild';
import { zipSync } from 'fflate';
import { isCurrent, remember } from './build-record';

/** Where the archives are, for the stacks that deploy them. */
export const archiveDirectory = path.join('.build', 'lambda');

export const archivePath = (functionName: string, directory = archiveDirectory): string =>
  path.join(directory, `${functionName}.zip`);

/** The earliest time that a ZIP archive can hold; the real one would change the archive's hash with each build. */
const epoch = new Date(1980, 0, 1);

const options = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  minify: true,
  legalComments: 'none',
  // The CommonJS forms in the SDK's packages would double the archive.
  mainFields: ['module', 'main'],
  metafile: true,
  write: false,
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * Bundles `lambda/<name>/handler.ts` with all that it needs, the AWS SDK included, into an archive whose bytes depend
 * on the sources alone: one file, a fixed time, and a deflate that is the same on every computer. The handler is
 * `index.handler`. An archive that is still current is left alone: bundling takes most of the time of a synthesis.
 *
 * @returns the archive's path
 */
export function buildLambdaArchive(functionName: string, directory = archiveDirectory): string {
  const file = archivePath(functionName, directory);
  if (isCurrent(file, options)) return file;

  const entry = path.join('lambda', functionName, 'handler.ts');
  const { outputFiles, metafile } = buildSync({ ...options, entryPoints: [entry] });
  const [code] = outputFiles;
  if (code === undefined) throw new Error(`esbuild wrote nothing for ${entry}`);

  mkdirSync(directory, { recursive: true });
  writeFileSync(file, zipSync({ 'index.js': code.contents }, { level: 9, mtime: epoch }));
  remember(file, options, Object.keys(metafile.inputs));
  return file;
}
