// Runs a TypeScript program: node tools/run.mjs <entry.ts> [arguments...]
//
// esbuild turns the program into one file in 50 ms; loaders that translate each import on its way cost a second.
import { createRequire } from 'node:module';
import path from 'node:path';
import { buildSync } from 'esbuild';

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) {
  console.error('usage: node tools/run.mjs <entry.ts> [arguments...]');
  process.exit(2);
}

const outfile = path.resolve('.build', 'run', entry.replace(/\.ts$/, '.cjs'));
buildSync({
  entryPoints: [entry],
  outfile,
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  logLevel: 'warning',
});

process.argv = [process.argv[0], outfile, ...args];
createRequire(import.meta.url)(outfile);
