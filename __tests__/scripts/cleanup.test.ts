import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bash, run, temporaryFolder, writeStandIns } from './support';

const folder = temporaryFolder();
const standIns = writeStandIns(path.join(folder, 'bin'), { 'apt-get': 'exit 0', 'cloud-init': 'exit 0' });

/** The files of a builder that has been logged in to. */
const identity = [
  'etc/ssh/ssh_host_ed25519_key',
  'etc/ssh/ssh_host_ed25519_key.pub',
  'root/.ssh/authorized_keys',
  'root/.bash_history',
  'home/ubuntu/.ssh/authorized_keys',
  'home/ubuntu/.bash_history',
  'var/lib/dbus/machine-id',
  'var/lib/apt/lists/archive',
  'tmp/boundless/scripts/setup.sh',
];
const kept = ['etc/ssh/sshd_config', 'home/ubuntu/.profile', 'etc/bento/release'];

function builder(name: string): string {
  const root = path.join(folder, name);
  for (const file of [...identity, ...kept, 'etc/machine-id', 'var/log/syslog', 'var/log/apt/history.log']) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), 'something');
  }
  return root;
}

const cleaned = (root: string) => run('scripts/cleanup.sh', [], { standIns, env: { CLEANUP_ROOT: root } });

test('an image has no keys, histories or identities of its builder', async () => {
  const root = builder('used');
  expect(await cleaned(root)).toMatchObject({ code: 0 });
  expect(identity.filter((file) => existsSync(path.join(root, file)))).toEqual([]);
  expect(kept.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  for (const file of ['etc/machine-id', 'var/log/syslog', 'var/log/apt/history.log'])
    expect([file, readFileSync(path.join(root, file), 'utf8')]).toEqual([file, '']);
});

test('running it twice is safe', async () => {
  const root = builder('twice');
  expect(await cleaned(root)).toMatchObject({ code: 0 });
  expect(await cleaned(root)).toMatchObject({ code: 0 });
});

test('a key in a place that nobody thought of stops the bake', async () => {
  const root = builder('forgotten');
  mkdirSync(path.join(root, 'home/ubuntu/backup'));
  writeFileSync(path.join(root, 'home/ubuntu/backup/authorized_keys'), 'something');
  const { code, stderr } = await cleaned(root);
  expect(code).toBe(1);
  expect(stderr).toMatch(/the image would carry: .*backup\/authorized_keys/);
});

test.each(['setup.sh', 'setup-manager.sh', 'setup-prover.sh', 'cleanup.sh'])(
  '%s refuses to run without root, before it does anything',
  async (script) => {
    const nobody = writeStandIns(path.join(folder, 'nobody'), {
      id: 'echo 1000',
      ...Object.fromEntries(
        ['apt-get', 'systemctl', 'cloud-init', 'curl', 'useradd', 'install'].map((name) => [name, 'echo did: $0']),
      ),
    });
    const { code, stdout, stderr } = await bash(`bash scripts/${script}`, { standIns: nobody });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('run it as root');
  },
);
