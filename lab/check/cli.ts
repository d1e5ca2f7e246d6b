import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { command, noArguments } from '../../cli/common/command';
import { pythonWithServer } from '../local-aws/python';
import { installTools } from './packages';
import { testCounts, type TestCounts } from './jest-results';
import { pytestCounts, pytestReport } from './pytest-results';

const usage = `usage: make test

Installs the tools that are missing (packer, shellcheck, shfmt and others; on Debian and Ubuntu, as root or with sudo),
then checks types, style, Python, every stack with the real Terraform, and runs all tests, the rehearsal among them.
What lacks a tool is skipped and named at the end; under CI=true it fails instead.

exit codes: 0 all passed, 1 not`;

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Exit code that means: could not run for want of a download. */
  readonly skippedCode?: number;
}

const reportFile = path.resolve('.build', 'check', 'jest.json');

/** Two at a time, each list in its order: CI has two cores, and style takes as long as all others. */
const sideBySide: readonly (readonly Check[])[] = [
  [{ name: 'style', command: ['npm', 'run', '--silent', 'lint'] }],
  [
    { name: 'python', command: ['npm', 'run', '--silent', 'python'] },
    { name: 'types', command: ['npm', 'run', '--silent', 'typecheck'] },
    { name: 'synth', command: ['npm', 'run', '--silent', 'synth'] },
    { name: 'terraform validate', command: ['npm', 'run', '--silent', 'validate'], skippedCode: 3 },
  ],
];
const tests: Check = { name: 'tests', command: ['npx', 'jest', '--json', `--outputFile=${reportFile}`, '--silent'] };

type Outcome = 'passed' | 'failed' | 'skipped';

async function runCheck({ name, command: [file, ...args], skippedCode }: Check): Promise<Outcome> {
  const started = performance.now();
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  // Jest prints its JSON report on standard output, and what people read on standard error.
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

async function run(): Promise<number> {
  const missing = installTools();
  if (missing.length > 0) console.log(`Not installed, and not to be had here: ${missing.join(', ')}`);

  // Before the tests, which run side by side and would all install it at once.
  try {
    pythonWithServer(console.log);
  } catch (error) {
    console.log(error instanceof Error ? error.message : String(error));
  }

  const outcomes: { name: string; outcome: Outcome }[] = [];
  const note = async (check: Check) => outcomes.push({ name: check.name, outcome: await runCheck(check) });
  const inOrder = async (checks: readonly Check[]) => {
    for (const check of checks) await note(check);
  };
  mkdirSync(path.dirname(reportFile), { recursive: true });
  for (const report of [reportFile, pytestReport]) rmSync(report, { force: true });
  await Promise.all(sideBySide.map(inOrder));
  const outcome = await runCheck(tests);
  const counts = [countsOf('Jest', reportFile, testCounts), countsOf('pytest', pytestReport, pytestCounts)];

  const checks = outcomes.filter((check) => check.outcome === 'skipped').map(({ name }) => [name, 1] as const);
  const skipped = [...checks, ...counts.flatMap((one) => [...one.skipped])];
  const failed = sum(counts.map((one) => one.failed)) + outcomes.filter((check) => check.outcome === 'failed').length;
  const passed = sum(counts.map((one) => one.passed)) + outcomes.filter((check) => check.outcome === 'passed').length;
  for (const [name, count] of skipped) console.log(`skipped: ${name} (${count})`);
  console.log(`${passed} passed, ${failed} failed, ${sum(skipped.map(([, count]) => count))} skipped`);
  return failed === 0 && outcome === 'passed' ? 0 : 1;
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Counts of a report; one failure where the program ended before it could write them. */
function countsOf(program: string, report: string, counts: (text: string) => TestCounts): TestCounts {
  try {
    return counts(readFileSync(report, 'utf8'));
  } catch (error) {
    console.error(`${program} left no report: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1, skipped: new Map() };
  }
}

export const checkCommand = command({ summary: 'run every check and all tests', usage, parse: noArguments, run });
