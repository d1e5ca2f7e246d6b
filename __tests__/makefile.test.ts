import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './scripts/support';

/** Nothing is installed, however old what is there may look to make. */
const quiet = ['--no-print-directory', '--old-file=node_modules/.package-lock.json'];

/** What make would run. */
function commands(...args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync('make', [...quiet, '--dry-run', ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

describe.each([
  ['reconcile', 'DRY_RUN', '--dry-run'],
  ['adopt', 'DRY_RUN', '--dry-run'],
  ['doctor', 'JSON', '--json'],
  ['redrive', 'JSON', '--json'],
  ['costs', 'JSON', '--json'],
  ['lock', 'CHECK', '--check'],
  ['rollout', 'IGNORE_ALARMS', '--ignore-alarms'],
])('make %s %s=', (target, variable, flag) => {
  test.each(['1', 'yes', 'true'])('%s is on', (value) => {
    expect(commands(target, `${variable}=${value}`)).toContain(flag);
  });

  test.each(['', '0', 'no', 'off', 'false'])('%s is off', (value) => {
    expect(commands(target, `${variable}=${value}`)).not.toContain(flag);
  });
});

test('a value of a secret is replaced where that is asked for, and not where it is denied', () => {
  const set = ['secrets', 'ENV=staging', 'SET=wallet-key'];
  expect(commands(...set, 'REPLACE=1')).toContain('set wallet-key --replace');
  expect(commands(...set, 'REPLACE=0')).not.toContain('--replace');
});

test('a reason is text, whatever is in it', () => {
  const reason = 'bad `touch /tmp/x` "$(date)" $HOME \'quoted\'';
  const { stdout } = spawnSync(
    'make',
    [...quiet, 'withdraw', 'AMI=ami-1', `REASON=${reason}`, 'sharing=printf "%s\\n"'],
    { encoding: 'utf8', env: { PATH: process.env['PATH'] } },
  );
  expect(stdout.trim().split('\n').slice(-4)).toEqual(['withdraw', 'ami-1', '--reason', reason]);
});

test('tests are chosen by a word, which is text, or by what changed', () => {
  expect(commands('test')).not.toMatch(/--only|--changed/);
  expect(commands('test', 'CHANGED=1')).toContain('--changed');
  expect(commands('test', 'CHANGED=0')).not.toContain('--changed');
  const { stdout } = spawnSync('make', [...quiet, 'test', 'ONLY=a `date` b', 'SHELL=/bin/bash', '--dry-run'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  expect(stdout).toContain('--only "$ONLY"');
});

test('all dependencies are installed, also under NODE_ENV=production', () => {
  const { stdout } = spawnSync('make', ['--always-make', '--dry-run', 'install'], { encoding: 'utf8' });
  expect(stdout).toMatch(/^npm ci --include=dev /m);
});

const folder = temporaryFolder();
test('a program that runs before they are installed names the command', () => {
  const runner = path.join(folder, 'run.mjs');
  copyFileSync('cli/run.mjs', runner);
  const { status, stdout, stderr } = spawnSync(process.execPath, [runner, 'main.ts'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect([status, stdout, stderr]).toEqual([1, '', 'The dependencies are not installed. Run `make install`.\n']);
});
