import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Progress } from '../../../lab/check/progress';
import { temporaryFolder } from '../../scripts/support';

test('shows how far the tests are, and names the files that have run longest first', () => {
  let now = 1_000;
  const lines: string[] = [];
  const progress = new Progress(
    3,
    (line) => lines.push(line),
    () => now,
  );
  expect(progress.status()).toBe('0 of 3 test files, 0 s');
  progress.begin('a.test.ts');
  now += 4_000;
  progress.begin('b.test.ts');
  now += 2_000;
  expect(progress.status()).toBe('0 of 3 test files, 6 s; running: a.test.ts (6 s), b.test.ts (2 s)');
  progress.end('a.test.ts', []);
  expect(lines).toEqual([]);
  progress.end('b.test.ts', [{ name: 'adds', text: 'expected 2' }]);
  expect(progress.status()).toBe('2 of 3 test files, 6 s, 1 failed');
  progress.finish();
  expect(lines).toEqual(['FAILED  b.test.ts: adds', '\nb.test.ts: adds\nexpected 2']);
});

describe('Jest with the reporter', () => {
  const folder = temporaryFolder();
  const reporter = path.join(folder, 'reporter.cjs');

  test('prints a failure as one line when it comes, and its text once; a file that does not load is one too', () => {
    const bundle = [
      'esbuild',
      'lab/check/reporter.ts',
      '--bundle',
      '--packages=external',
      '--format=cjs',
      `--outfile=${reporter}`,
    ];
    expect(spawnSync('npx', bundle, { stdio: 'ignore' }).status).toBe(0);
    writeFileSync(
      path.join(folder, 'sum.test.js'),
      'test("passes", () => {});\ntest("adds", () => expect(1).toBe(2));',
    );
    writeFileSync(path.join(folder, 'broken.test.js'), 'throw new Error("no such module");');
    const jest = ['jest', '--rootDir', folder, '--config', '{}', `--reporters=${reporter}`];
    const { status, stdout, stderr } = spawnSync('npx', jest, { encoding: 'utf8' });
    expect([status, stdout]).toEqual([1, '']);
    const lines = stderr.split('\n');
    const named = lines.filter((line) => line.startsWith('FAILED  ')).sort();
    expect(named).toEqual([
      expect.stringMatching(/broken\.test\.js: the file does not run$/),
      expect.stringMatching(/sum\.test\.js: adds$/),
    ]);
    for (const text of ['Expected: 2', 'Test suite failed to run']) expect(stderr.split(text)).toHaveLength(2);
    expect(stderr).not.toContain('passes');
  });
});
