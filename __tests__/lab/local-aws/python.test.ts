import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pythonWithServer } from '../../../lab/local-aws/python';

/** A folder to run in, and a PATH with nothing but a stand-in for Python that writes down its calls. */
const work = mkdtempSync(path.join(tmpdir(), 'python-'));
const [bin, calls] = [path.join(work, 'bin'), path.join(work, 'calls')];
const before = { cwd: process.cwd(), path: process.env['PATH'] };
const bash = execFileSync('bash', ['--norc', '-c', 'command -v bash'], {
  encoding: 'utf8',
  env: { PATH: before.path },
}).trim();

/** `server`: whether this Python has the server. `pip`: what installing does. */
function python(file: string, { server, pip }: { server: boolean; pip: string }) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(
    file,
    `#!${bash}
echo "\${0##*/work/} $*" >> ${calls}
case "$1 $2" in
  "-c import"*) exit ${server ? 0 : 1} ;;
  "-m venv") /bin/mkdir -p "$3/bin" && /bin/cp "$0" "$3/bin/python3" ;;
  "-m pip") ${pip} ;;
esac
`,
  );
  chmodSync(file, 0o755);
}

beforeEach(() => {
  mkdirSync(bin, { recursive: true });
  process.env['PATH'] = bin;
  process.chdir(work);
});
afterEach(() => {
  process.chdir(before.cwd);
  process.env['PATH'] = before.path;
  for (const entry of [bin, calls, path.join(work, '.build')]) rmSync(entry, { recursive: true, force: true });
});
afterAll(() => {
  rmSync(work, { recursive: true });
});

const recorded = () => (existsSync(calls) ? readFileSync(calls, 'utf8') : '');

test("the instance's own Python is taken where it has the server", () => {
  python(path.join(bin, 'python3'), { server: true, pip: 'exit 1' });
  expect(pythonWithServer()).toBe('python3');
  expect(recorded()).not.toContain('pip');
});

test('else the server is installed into the build folder, and the installation is reported', () => {
  python(path.join(bin, 'python3'), { server: false, pip: 'exit 0' });
  const reported: string[] = [];
  const found = pythonWithServer((line) => reported.push(line));
  expect(path.relative(work, found)).toBe(path.join('.build', 'local-aws', 'venv', 'bin', 'python3'));
  expect(recorded()).toContain('-m pip install --quiet moto[server]>=5.1,<6');
  expect(reported).toEqual(['Installing moto[server]>=5.1,<6 into .build/local-aws/venv']);
});

test('an installation that fails names the fix', () => {
  python(path.join(bin, 'python3'), { server: false, pip: 'echo "no network" >&2; exit 1' });
  expect(() => pythonWithServer()).toThrow(/install it by hand: pip install 'moto\[server\]>=5\.1,<6'\n.*no network/);
});

test('without Python, the error names what to install', () => {
  symlinkSync(bash, path.join(bin, 'bash'));
  expect(() => pythonWithServer()).toThrow('The local AWS needs Python 3 with moto[server]>=5.1,<6');
});
