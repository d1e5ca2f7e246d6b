import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { command, noArguments } from '../../cli/common/command';
import { differences, unexpected, type Versions } from './compare';
import { installSuccessors, providerVersionOf, versionOf } from './packages';

const usage = `usage: make try-cdktn

Synthesizes every stack with cdktf and with its successor cdktn, and compares the JSON
(docs/decisions/0001-cdktf-and-leaving-it.md). Needs the npm registry the first time.

exit codes: 0 the same, 1 different or not compared, 2 wrong usage`;

const folder = path.resolve('.build', 'cdktn');

/** Takes cdktf, its AWS bindings and constructs from the folder of their successors. */
const replaced: Plugin = {
  name: 'successors',
  setup(resolver) {
    resolver.onResolve({ filter: /^(?:cdktf|@cdktf\/provider-aws|constructs)(?:\/|$)/ }, ({ path: name }) => ({
      path: path.join(folder, 'node_modules', name.replace(/^(@?)cdktf/, '$1cdktn')),
      external: true,
    }));
  },
};

/** Synthesizes main.ts into a folder of its own, with other packages where a plugin replaces them. */
async function synthesize(name: string, plugins: Plugin[]): Promise<string> {
  const outfile = path.join(folder, `${name}.cjs`);
  const outdir = path.join(folder, `${name}.out`);
  await build({
    entryPoints: ['main.ts'],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'warning',
    plugins,
  });
  rmSync(outdir, { recursive: true, force: true });
  const { status, stderr } = spawnSync('node', [outfile], {
    env: { ...process.env, CDKTF_OUTDIR: outdir, CHECKPOINT_DISABLE: '1' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Synthesis with ${name} failed:\n${stderr}`);
  return path.join(outdir, 'stacks');
}

const stackOf = (stacks: string, name: string): unknown =>
  JSON.parse(readFileSync(path.join(stacks, name, 'cdk.tf.json'), 'utf8'));

async function run(): Promise<number> {
  installSuccessors(folder);
  const before: Versions = {
    tool: versionOf('.', 'cdktf'),
    provider: providerVersionOf('.', '@cdktf/provider-aws'),
  };
  const after: Versions = {
    tool: versionOf(folder, 'cdktn'),
    provider: providerVersionOf(folder, '@cdktn/provider-aws'),
  };
  const [cdktf, cdktn] = [await synthesize('cdktf', []), await synthesize('cdktn', [replaced])];
  const names = [...new Set([...readdirSync(cdktf), ...readdirSync(cdktn)])].sort();
  let count = 0;
  for (const name of names) {
    const all = differences(stackOf(cdktf, name), stackOf(cdktn, name));
    const found = unexpected(all, before, after);
    count += found.length;
    console.log(`${name}: ${all.length - found.length} expected, ${found.length} other differences`);
    for (const one of found)
      console.log(`  ${one.path}: ${JSON.stringify(one.before)} -> ${JSON.stringify(one.after)}`);
  }
  console.log(`cdktf ${before.tool}, AWS ${before.provider} -> cdktn ${after.tool}, AWS ${after.provider}`);
  return count === 0 ? 0 : 1;
}

export const cdktnCommand = command({
  summary: 'compare the synthesis of cdktf with that of its successor cdktn',
  usage,
  parse: noArguments,
  run,
});
