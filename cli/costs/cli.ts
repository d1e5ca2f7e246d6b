import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { factory } from '../../config';
import { stacks as stackNames } from '../../config/names';
import { prices } from '../../config/prices';
import { command } from '../common/command';
import { table } from '../common/table';
import { imageLine, linesOf, type CostLine, type Resources } from './lines';

const usage = `usage: make costs [STACK=<stack>] [JSON=1]
       ./factory costs [<stack>...] [--json]

What the synthesized stacks cost a month by the list prices of config/prices.ts (${prices.region}, ${prices.asOf}), before they are
deployed: what costs the same whatever goes through it, and instances at the size that their groups desire. What is paid by
use is not in it (docs/costs.md). It reads cdktf.out, which make synth writes, and asks nobody.

  --json   print {"asOf", "region", "stacks": [{"stack", "usd", "lines": [{"what", "how", "usd"}]}], "usd"}

exit codes: 0 printed, 1 a price or a stack is not known, 2 wrong usage`;

interface Asked {
  readonly stacks: readonly string[];
  readonly json: boolean;
}

interface StackCosts {
  readonly stack: string;
  readonly usd: number;
  readonly lines: readonly CostLine[];
}

function parse(args: readonly string[]): Asked {
  const options = { json: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  return { stacks: positionals, json: values.json };
}

const synthesized = 'cdktf.out';

/** Sizes of the images' root volumes, in GiB: the defaults of packer/variables.pkr.hcl. */
export const imageGib = { manager: 30, prover: 60, bento: 60 } as const;

async function costsOf(stack: string, file: string): Promise<StackCosts> {
  const { resource } = JSON.parse(await readFile(path.join(synthesized, file), 'utf8')) as { resource: Resources };
  const images = stack === stackNames.ops ? [imageLine(factory.ops.retirement, imageGib)] : [];
  const lines = [...linesOf(resource), ...images];
  return { stack, lines, usd: sum(lines) };
}

const sum = (parts: readonly { readonly usd: number }[]): number => parts.reduce((total, { usd }) => total + usd, 0);

async function run({ stacks, json }: Asked): Promise<number> {
  const manifest = await readFile(path.join(synthesized, 'manifest.json'), 'utf8').catch(() => {
    throw new Error(`There is no ${synthesized}/manifest.json; run \`make synth\` first.`);
  });
  const known = JSON.parse(manifest) as { stacks: Readonly<Record<string, { readonly synthesizedStackPath: string }>> };
  const files = Object.entries(known.stacks).map(([stack, { synthesizedStackPath: file }]) => ({ stack, file }));
  const [unknown] = stacks.filter((name) => !files.some(({ stack }) => stack === name));
  if (unknown !== undefined)
    throw new Error(`There is no stack ${unknown}; use one of ${files.map(({ stack }) => stack).join(', ')}.`);
  const chosen = files.filter(({ stack }) => stacks.length === 0 || stacks.includes(stack));
  const costs = await Promise.all(chosen.map(({ stack, file }) => costsOf(stack, file)));
  costs.sort((one, other) => (one.stack < other.stack ? -1 : 1));
  const { asOf, region } = prices;
  if (json) console.log(JSON.stringify({ asOf, region, stacks: costs, usd: sum(costs) }, null, 2));
  else console.log(tableOf(costs));
  return 0;
}

/** Lines of each stack, then its sum, then that of all. */
function tableOf(costs: readonly StackCosts[]): string {
  const rows = costs.flatMap(({ stack, lines, usd }) => [
    ...lines.map(({ what, how, usd: part }) => [stack, what, how, part.toFixed(2)]),
    [stack, 'together', '', usd.toFixed(2)],
  ]);
  const all = [['stack', 'what', 'how', 'USD a month'], ...rows, ['all', 'together', '', sum(costs).toFixed(2)]];
  return table(all, [3]).join('\n');
}

export const costsCommand = command({ summary: 'what the stacks cost a month', usage, parse, run });
