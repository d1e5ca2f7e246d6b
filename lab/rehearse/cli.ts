import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { command } from '../../cli/common/command';
import { withoutAws } from '../common/without-aws';
import { installTools } from '../check/packages';
import { rehearse } from './rehearsal';
import { headerLine, Rehearsal, StepFailedError, stepLine, summaryLine } from './report';

const usage = `usage: make rehearse [JSON=1]

Lives the whole life of an image on a local AWS: a real Packer build of each image, the built archive of the sharing
Lambda, real API calls with the credentials of three accounts, the commands of the delivery pipelines, and saved plans of
Terraform where it is installed. Prints a line for each step.

  --json   print the report as JSON instead: {"ok", "seconds", "steps": [{"name", "ok", "seconds", "details"}]},
             with "interrupted" where a signal ended it
  --help   print this

exit codes: 0 every step did what it claims, 1 one did not, 2 wrong usage, 130 interrupted`;

interface Options {
  readonly json: boolean;
}

function parse(args: readonly string[]): Options {
  return parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } }).values;
}

async function run(chosen: Options): Promise<number> {
  withoutAws(process.env);
  // Standard output belongs to the report. The three bakes print the same, which is enough once.
  const printed = new Set<string>();
  const log = (line: string) => {
    if (!printed.has(line)) console.error(line);
    printed.add(line);
  };
  const [missing] = installTools(['packer'], log);
  if (missing !== undefined) {
    console.error(`The rehearsal needs ${missing}: https://developer.hashicorp.com/packer/install`);
    return 1;
  }

  const interrupt = new AbortController();
  // Every time: an impatient second Ctrl-C must not cut the cleaning up short.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      interrupt.abort(new Error(`interrupted by ${signal}`));
    });

  const directory = await mkdtemp(path.join(tmpdir(), 'rehearsal-'));
  const rehearsal = new Rehearsal((step) => {
    if (!chosen.json) console.log(stepLine(step));
  }, interrupt.signal);
  if (!chosen.json) console.log(headerLine);
  try {
    await rehearse(rehearsal, { directory, log });
  } catch (error) {
    // What is printed of either is in the report. Any error after an interruption is a consequence of it.
    if (!(error instanceof StepFailedError) && !interrupt.signal.aborted) throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  const report = rehearsal.report();
  console.log(chosen.json ? JSON.stringify(report, null, 2) : summaryLine(report));
  if (interrupt.signal.aborted) return 130;
  return report.ok ? 0 : 1;
}

export const rehearseCommand = command({ summary: 'live the life of an image on a local AWS', usage, parse, run });
