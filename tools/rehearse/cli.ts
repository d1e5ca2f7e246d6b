import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { installTools } from '../check/packages';
import { rehearse } from './rehearsal';
import { headerLine, Rehearsal, StepFailed, stepLine, summaryLine } from './report';

const usage = `usage: make rehearse [JSON=1]

Lives the whole life of an image on a local AWS: a real Packer build of each image, the built archive of the sharing
Lambda, real API calls with the credentials of three accounts, the commands of the delivery pipelines, and saved plans of
Terraform where it is installed. Prints a line for each step.

  --json   print the report for machines instead: {"ok", "seconds", "steps": [{"name", "ok", "seconds", "details"}]}
  --help   print this

exit codes: 0 every step did what it claims, 1 one did not, 2 wrong usage, 130 interrupted`;

function options(): { json: boolean; help: boolean } | undefined {
  try {
    const { values } = parseArgs({
      options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    });
    return values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return undefined;
  }
}

async function main(): Promise<number> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const chosen = options();
  if (chosen === undefined) return 2;
  if (chosen.help) {
    console.log(usage);
    return 0;
  }
  // Standard output belongs to the report. The three bakes say the same, which is enough once.
  const said = new Set<string>();
  const log = (line: string) => {
    if (!said.has(line)) console.error(line);
    said.add(line);
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
    if (!(error instanceof StepFailed)) throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  const report = rehearsal.report();
  console.log(chosen.json ? JSON.stringify(report, null, 2) : summaryLine(report));
  if (interrupt.signal.aborted) return 130;
  return report.ok ? 0 : 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
