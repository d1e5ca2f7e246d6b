import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { command } from '../../cli/common/command';
import { pythonWithServer } from '../local-aws/python';
import { installTools } from './packages';
import { testCounts, type TestCounts } from './jest-results';
import { pytestCounts, pytestReport } from './pytest-results';

const usage = `usage: make test [ONLY=<path or word>] [CHANGED=1]
       npm run test -- [--only <path or word>] [--changed]

Installs the tools that are missing (packer, shellcheck, shfmt and others; on Debian and Ubuntu, as root or with sudo; with
NO_INSTALL=1 it leaves the system as it is), then checks types, style, Python, every stack with the real Terraform, and runs all tests, the rehearsal among them.
What lacks a tool is skipped and named at the end; under CI=true it fails instead.

--only <path or word>  only the test files whose path has this
--changed              only the test files that changed since the last commit, or that import what did
Both run nothing but these tests.

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
const testsName = 'tests';

interface Asked {
  readonly only: string | undefined;
  readonly changed: boolean;
}

function parse(args: readonly string[]): Asked {
  const { values } = parseArgs({
    args: [...args],
    options: { only: { type: 'string' }, changed: { type: 'boolean', default: false } },
  });
  if (values.only === '') throw new Error('--only is empty; give a path or a word of one, such as lambda/common.');
  return { only: values.only, changed: values.changed };
}

/** Jest on all test files, or on those that are asked for, which may be none. */
const testsOf = ({ only, changed }: Asked, reporter: string): Check => ({
  name: testsName,
  command: [
    ...(['npx', 'jest', '--json', `--outputFile=${reportFile}`, '--silent', `--reporters=${reporter}`] as const),
    ...(changed ? ['--onlyChanged', '--passWithNoTests'] : []),
    ...(only === undefined ? [] : ['--testPathPatterns', only.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')]),
  ],
});

type Outcome = 'passed' | 'failed' | 'skipped';

async function runCheck({ name, command: [file, ...args], skippedCode }: Check): Promise<Outcome> {
  const started = performance.now();
  // The tests themselves print on standard error how far they are and what failed.
  const shown = name === testsName;
  const child = spawn(file, args, { stdio: ['ignore', shown ? 'ignore' : 'pipe', shown ? 'inherit' : 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (ended) => {
      resolve(ended ?? 1);
    });
  });
  const outcome: Outcome = code === 0 ? 'passed' : code === skippedCode ? 'skipped' : 'failed';
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${outcome.padEnd(7)} ${seconds.padStart(6)} s  ${name}`);
  if (outcome !== 'passed' && output !== '') console.log(output);
  return outcome;
}

async function run(asked: Asked): Promise<number> {
  const everything = asked.only === undefined && !asked.changed;
  const missing = installTools();
  if (missing.length > 0) console.log(`Not installed: ${missing.join(', ')}. What needs them is skipped.`);

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
  if (everything) await Promise.all(sideBySide.map(inOrder));
  const outcome = await runCheck(testsOf(asked, builtReporter()));
  if (asked.changed && !existsSync(reportFile)) {
    console.log('No test file changed since the last commit, and none imports what did.');
    return 0;
  }
  const counts = [
    countsOf('Jest', reportFile, testCounts),
    ...(everything ? [countsOf('pytest', pytestReport, pytestCounts)] : []),
  ];

  const checks = outcomes.filter((check) => check.outcome === 'skipped').map(({ name }) => [name, 1] as const);
  const skipped = [...checks, ...counts.flatMap((one) => [...one.skipped])];
  const failed = sum(counts.map((one) => one.failed)) + outcomes.filter((check) => check.outcome === 'failed').length;
  const passed = sum(counts.map((one) => one.passed)) + outcomes.filter((check) => check.outcome === 'passed').length;
  for (const [name, count] of skipped) console.log(`skipped: ${name} (${count})`);
  console.log(`${passed} passed, ${failed} failed, ${sum(skipped.map(([, count]) => count))} skipped`);
  return failed === 0 && outcome === 'passed' ? 0 : 1;
}

/** Jest loads reporters as they are, without translating them. */
function builtReporter(): string {
  const outfile = path.resolve('.build', 'check', 'reporter.cjs');
  buildSync({ entryPoints: ['lab/check/reporter.ts'], outfile, bundle: true, platform: 'node', format: 'cjs' });
  return outfile;
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

export const checkCommand = command({ summary: 'run every check and all tests', usage, parse, run });
