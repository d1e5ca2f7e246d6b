import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { installTools } from '../../../lab/check/packages';

/** A PATH of its own, with stand-ins that write down how they were called. */
const bin = mkdtempSync(path.join(tmpdir(), 'bin-'));
const calls = path.join(bin, 'calls');
const before = process.env['PATH'];
const command = (name: string, script: string) => {
  writeFileSync(path.join(bin, name), `#!${bin}/bash\n${script}\n`, { mode: 0o755 });
};

beforeEach(() => {
  symlinkSync(
    execFileSync('bash', ['-c', 'command -v bash'], { encoding: 'utf8', env: { PATH: before } }).trim(),
    path.join(bin, 'bash'),
  );
  process.env['PATH'] = bin;
});
afterEach(() => {
  process.env['PATH'] = before;
  rmSync(bin, { recursive: true, force: true });
  execFileSync('mkdir', ['-p', bin]);
});
afterAll(() => {
  rmSync(bin, { recursive: true, force: true });
});

const recorded = () => readFileSync(calls, 'utf8').trim().split('\n');
const asRoot = () => jest.spyOn(process, 'getuid').mockReturnValue(0);
const quiet = () => undefined;

test('nothing is installed that is there', () => {
  command('packer', 'true');
  command('apt-get', `echo "$@" >> ${calls}`);
  asRoot();
  expect(installTools(['packer'], quiet)).toEqual([]);
  expect(recorded).toThrow('ENOENT');
});

test('what is missing is installed, each on its own', () => {
  command(
    'apt-get',
    `echo "$@" >> ${calls}; [[ $* != *shfmt* ]] && { printf '#!${bin}/bash\\n' > ${bin}/packer; /bin/chmod +x ${bin}/packer; }; [[ $* != *shfmt* ]]`,
  );
  asRoot();
  expect(installTools(['packer', 'shfmt'], quiet)).toEqual(['shfmt']);
  expect(recorded()).toEqual([
    '-qq update',
    '-qq install -y --no-install-recommends packer',
    '-qq install -y --no-install-recommends shfmt',
  ]);
});

test('what will be installed, how, and how to refuse it is logged before; then how far it is', () => {
  command('apt-get', `echo "$@" >> ${calls}; [[ $* != *shfmt* ]]`);
  asRoot();
  const logged: { line: string; calls: number }[] = [];
  installTools(['nsenter', 'unshare', 'shfmt'], (line) => {
    logged.push({ line, calls: existsSync(calls) ? recorded().length : 0 });
  });
  expect(logged).toEqual([
    { line: 'This system lacks nsenter, unshare, shfmt, which tests use.', calls: 0 },
    { line: 'Installing 2 packages with `apt-get` (NO_INSTALL=1 leaves the system as it is)', calls: 0 },
    { line: expect.stringMatching(/^ {2}1 of 2, \d+ s: util-linux$/) as string, calls: 2 },
    { line: expect.stringMatching(/^ {2}2 of 2, \d+ s: shfmt cannot be installed$/) as string, calls: 3 },
  ]);
});

test.each(['1', 'yes'])('NO_INSTALL=%s installs nothing', (value) => {
  command('apt-get', `echo "$@" >> ${calls}`);
  asRoot();
  process.env['NO_INSTALL'] = value;
  expect(installTools(['packer'], quiet)).toEqual(['packer']);
  expect(recorded).toThrow('ENOENT');
  delete process.env['NO_INSTALL'];
});

test('without apt-get, missing packages are returned', () => {
  asRoot();
  expect(installTools(['packer'], quiet)).toEqual(['packer']);
});

test('without root, sudo is used only when it asks nothing', () => {
  jest.spyOn(process, 'getuid').mockReturnValue(1000);
  command('apt-get', `echo "$@" >> ${calls}`);
  command('sudo', 'exit 1');
  expect(installTools(['packer'], quiet)).toEqual(['packer']);
  expect(recorded).toThrow('ENOENT');
});
