import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pythonWithServer } from '../local-aws/python';
import { installTools } from './packages';
import { testCounts, type TestCounts } from './jest-results';

const usage = `usage: make test

Installs the tools that are missing (packer, shellcheck, shfmt and others; on Debian and Ubuntu, as root or with sudo),
then checks types, style, every stack with the real Terraform, and runs all tests, the rehearsal among them.
What lacks a tool is skipped and named at the end; under CI=true it fails instead.

exit codes: 0 all passed, 1 not`;

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Exit code that means: could not run for want of a download. */
  readonly skippedCode?: number;
}

const reportFile = path.resolve('.build', 'check', 'jest.json');

/** Two at a time: the machines that this runs on have two cores. */
const quickChecks: readonly Check[] = [
  { name: 'types', command: ['npm', 'run', '--silent', 'typecheck'] },
  { name: 'style', command: ['npm', 'run', '--silent', 'lint'] },
];
const validation: readonly Check[] = [
  { name: 'synth', command: ['npm', 'run', '--silent', 'synth'] },
  { name: 'terraform validate', command: ['npm', 'run', '--silent', 'validate'], skippedCode: 3 },
];
const tests: Check = { name: 'tests', command: ['npx', 'jest', '--json', `--outputFile=${reportFile}`, '--silent'] };

type Outcome = 'passed' | 'failed' | 'skipped';

async function run({ name, command: [file, ...args], skippedCode }: Check): Promise<Outcome> {
  const started = performance.now();
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  // Jest prints its report for machines on standard output; what people read of it is on standard error.
  child.stdout.setEncoding('utf8').on('data', (text: string) => (name === tests.name ? undefined : (output += text)));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (ended) => {
      resolve(ended ?? 1);
    });
  });
  const outcome: Outcome = code === 0 ? 'passed' : code === skippedCode ? 'skipped' : 'failed';
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${outcome.padEnd(7)} ${seconds.padStart(6)} s  ${name}`);
  if (outcome !== 'passed') console.log(output);
  return outcome;
}

async function main(args: readonly string[]): Promise<boolean> {
  if (args.length > 0) {
    console.log(usage);
    return args.includes('--help');
  }
  const missing = installTools();
  if (missing.length > 0) console.log(`Not installed, and not to be had here: ${missing.join(', ')}`);

  // Before the tests, which run side by side and would all install it at once.
  try {
    pythonWithServer(console.log);
  } catch (error) {
    console.log(error instanceof Error ? error.message : String(error));
  }

  const outcomes: { name: string; outcome: Outcome }[] = [];
  const note = async (check: Check) => outcomes.push({ name: check.name, outcome: await run(check) });
  await Promise.all(quickChecks.map(note));
  for (const check of validation) await note(check);

  mkdirSync(path.dirname(reportFile), { recursive: true });
  rmSync(reportFile, { force: true });
  const outcome = await run(tests);
  const counts = countsOf(outcome);

  const checks = outcomes.filter((check) => check.outcome === 'skipped').map(({ name }) => [name, 1] as const);
  const skipped = [...checks, ...counts.skipped];
  const failed = counts.failed + outcomes.filter((check) => check.outcome === 'failed').length;
  const passed = counts.passed + outcomes.filter((check) => check.outcome === 'passed').length;
  for (const [name, count] of skipped) console.log(`skipped: ${name} (${count})`);
  console.log(`${passed} passed, ${failed} failed, ${skipped.reduce((sum, [, count]) => sum + count, 0)} skipped`);
  return failed === 0 && outcome === 'passed';
}

/** Jest's counts; one failure where it ended before it could write them. */
function countsOf(outcome: Outcome): TestCounts {
  try {
    return testCounts(readFileSync(reportFile, 'utf8'));
  } catch (error) {
    console.error(`Jest left no report (${outcome}): ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1, skipped: new Map() };
  }
}

main(process.argv.slice(2)).then(
  (ok) => (process.exitCode = ok ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
