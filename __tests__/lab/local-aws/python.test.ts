import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
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

interface Stub {
  /** Bash that ends with 0 where this Python has the server. */
  readonly server: string;
  /** Bash that installs it into "$environment"; the interpreter of that has it from then on. */
  readonly pip?: string;
  /** Bash that makes "$environment", with this program as its interpreter. */
  readonly venv?: string;
}
const made = '/bin/mkdir -p "$environment/bin" && /bin/cp "$0" "$environment/bin/python3"';
const installs = '/bin/touch "$environment/server"';
const installedBefore = '[[ -e ${0%/*}/../server ]]';

function python(file: string, { server, pip = installs, venv = made }: Stub) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(
    file,
    `#!${bash}
echo "\${0##*/work/} $*" >> ${calls}
case "$1 $2" in
  "-c "*) ${server} ;;
  "-m venv") environment=$3; ${venv} ;;
  "-m pip") environment=\${0%/*}/..; ${pip} ;;
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

const folder = path.join('.build', 'local-aws');
const environment = path.join(folder, 'venv');
const installation = { server: installedBefore };

test("the instance's own Python is taken where it has the server", () => {
  python(path.join(bin, 'python3'), { server: 'exit 0', pip: 'exit 1' });
  expect(pythonWithServer()).toBe('python3');
  expect(recorded()).not.toContain('pip');
});

test('else the server is installed into the build folder once, and the installation is reported', () => {
  python(path.join(bin, 'python3'), installation);
  const reported: string[] = [];
  const found = pythonWithServer((line) => reported.push(line));
  expect(path.relative(work, found)).toBe(path.join(environment, 'bin', 'python3'));
  expect(recorded()).toContain('-m pip install --quiet moto[server]>=5.1,<6');
  expect(pythonWithServer((line) => reported.push(line))).toBe(found);
  expect(reported).toEqual(['Installing moto[server]>=5.1,<6 into .build/local-aws/venv']);
  expect(readdirSync(folder)).toEqual(['venv']);
});

test('an environment that does not work is made again, and what an interrupted run left is removed', () => {
  python(path.join(bin, 'python3'), installation);
  const { pid: ended } = spawnSync(process.execPath, ['-e', '']);
  python(path.join(environment, 'bin', 'python3'), installation);
  mkdirSync(path.join(folder, `venv.${ended}`));
  mkdirSync(path.join(folder, `venv.${process.ppid}`));
  pythonWithServer();
  expect(readdirSync(folder).sort()).toEqual(['venv', `venv.${process.ppid}`]);
});

test('nothing half made stays where the installation fails, and the error has the reason and the fix', () => {
  python(path.join(bin, 'python3'), { ...installation, pip: 'echo "no network" >&2; exit 1' });
  expect(() => pythonWithServer()).toThrow(/pip install .* failed: no network\n\n.*apt-get install python3-venv/s);
  expect(readdirSync(folder)).toEqual([]);
});

test('the reason is shown that Debian prints on standard output where the package is missing', () => {
  const venv = 'echo "ensurepip is not available."; exit 1';
  python(path.join(bin, 'python3'), { ...installation, venv });
  expect(() => pythonWithServer()).toThrow(/-m venv .* failed: ensurepip is not available\./);
});

test('uv makes the environment where Python cannot', () => {
  python(path.join(bin, 'python3'), { ...installation, venv: 'exit 1' });
  writeFileSync(
    path.join(bin, 'uv'),
    `#!${bash}
case "$1" in
  venv) environment=$3; /bin/mkdir -p "$3/bin" && /bin/cp ${bin}/python3 "$3/bin/python3" ;;
  pip) environment=\${5%/bin/python3}; ${installs} ;;
esac
`,
    { mode: 0o755 },
  );
  expect(path.relative(work, pythonWithServer())).toBe(path.join(environment, 'bin', 'python3'));
});

test.each([
  ['4.2.14', false],
  ['5.0.28', false],
  ['5.1.0', true],
  ['6.0.0', false],
])('moto %s: is it a server for these tests? %s', (version, fits) => {
  const modules = path.join(work, 'modules');
  mkdirSync(path.join(modules, `moto-${version}.dist-info`), { recursive: true });
  mkdirSync(path.join(modules, 'flask'));
  writeFileSync(path.join(modules, 'flask', '__init__.py'), '');
  writeFileSync(
    path.join(modules, `moto-${version}.dist-info`, 'METADATA'),
    `Metadata-Version: 2.1\nName: moto\nVersion: ${version}\n`,
  );
  // Nothing but these modules, whatever is installed on this instance.
  python(path.join(bin, 'python3'), {
    server: `PYTHONPATH=${modules} exec /usr/bin/python3 -S "$@"`,
    venv: 'echo refused; exit 1',
  });
  if (fits) expect(pythonWithServer()).toBe('python3');
  else expect(() => pythonWithServer()).toThrow('refused');
  rmSync(modules, { recursive: true });
});

test('without Python, the error names what to install', () => {
  symlinkSync(bash, path.join(bin, 'bash'));
  expect(() => pythonWithServer()).toThrow('The local AWS needs Python 3 with moto[server]>=5.1,<6');
});
