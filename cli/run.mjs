// Runs a TypeScript program: node cli/run.mjs <entry.ts> [arguments...]
//
// esbuild turns the program into one file in 50 ms; loaders that translate each import on its way cost a second.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) {
  console.error('usage: node cli/run.mjs <entry.ts> [arguments...]');
  process.exit(2);
}

const { buildSync } = await import('esbuild').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  console.error('The dependencies are not installed. Run `make install`.');
  process.exit(1);
});

const outfile = path.resolve('.build', 'run', entry.replace(/\.ts$/, '.cjs'));
const built = bundled(buildSync, {
  entryPoints: [entry],
  outfile,
  bundle: true,
  write: false,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  logLevel: 'warning',
});
// Whole or not at all: another process may read the file at the same time.
const temporary = `${outfile}.${process.pid}`;
mkdirSync(path.dirname(outfile), { recursive: true });
writeFileSync(temporary, built.outputFiles[0].contents);
renameSync(temporary, outfile);

process.argv = [process.argv[0], outfile, ...args];
createRequire(import.meta.url)(outfile);

/** esbuild has printed what it cannot read, such as a mistake in the configuration's syntax, with file, line and column. */
function bundled(build, options) {
  try {
    return build(options);
  } catch (error) {
    if (error.errors === undefined || process.env.DEBUG === '1') throw error;
    process.exit(1);
  }
}
