import { describeBake } from './root/fixture';
import { bash, temporaryFolder, writeStandIns } from './support';
import path from 'node:path';

jest.setTimeout(60_000);

/** The files of a builder that has been logged in to. */
const traces = [
  '/etc/ssh/ssh_host_ed25519_key',
  '/etc/ssh/ssh_host_ed25519_key.pub',
  '/root/.ssh/authorized_keys',
  '/root/.bash_history',
  '/home/ubuntu/.ssh/authorized_keys',
  '/home/ubuntu/.bash_history',
  '/home/ubuntu/.python_history',
  '/var/lib/dbus/machine-id',
  '/var/lib/apt/lists/archive',
  '/var/lib/cloud/instances/i-1/user-data.txt',
  '/var/cache/boundless/broker/broker',
  '/var/log/journal/1/system.journal',
  '/etc/apt/apt.conf.d/99boundless-bake',
  '/tmp/script_1.sh',
];
const emptied = ['/etc/machine-id', '/var/log/syslog', '/var/log/apt/history.log'];
const kept = ['/etc/ssh/sshd_config', '/home/ubuntu/.profile', '/etc/bento/release.json', '/etc/apt/sources.list'];

describeBake('cleanup', (instances) => {
  const used = async () => {
    const instance = await instances.start();
    instance.write(Object.fromEntries([...traces, ...emptied, ...kept].map((file) => [file, '# something\n'])));
    return instance;
  };
  const exists = async (instance: Awaited<ReturnType<typeof used>>, files: readonly string[]) => {
    const script = 'for file; do if [ -e "$file" ]; then echo "$file"; fi; done';
    return (await instance.run(['bash', '-c', script, 'bash', ...files])).stdout.split('\n').filter(Boolean);
  };

  test('an image has no keys, histories or identities of its builder, nor the scripts of the bake', async () => {
    const instance = await used();
    const { code, stderr } = await instance.script('cleanup.sh');
    expect([code, stderr]).toEqual([0, expect.stringContaining('nothing of its builder')]);
    expect(await exists(instance, [...traces, '/var/tmp/boundless'])).toEqual([]);
    expect(await exists(instance, kept)).toEqual(kept);
    expect(emptied.map((file) => instance.read(file))).toEqual(emptied.map(() => ''));
    expect(instance.calls()).toContain('cloud-init clean --logs');
  });

  test('running it twice is safe', async () => {
    const instance = await used();
    await instance.run(['cp', '-r', '/var/tmp/boundless', '/opt/boundless']);
    for (let run = 0; run < 2; run++)
      expect(await instance.run(['bash', '/opt/boundless/scripts/cleanup.sh'])).toMatchObject({ code: 0 });
  });

  test.each([
    '/home/ubuntu/backup/authorized_keys',
    '/home/ubuntu/.ssh/id_ed25519',
    '/root/server.pem',
    '/root/.ssh/authorized_keys2',
  ])('%s in an unexpected place stops the bake', async (file) => {
    const instance = await used();
    instance.write({ [file]: 'something' });
    const { code, stderr } = await instance.script('cleanup.sh');
    expect([code, stderr]).toEqual([1, expect.stringContaining(`the image would carry: ${file}`)]);
  });
});

const folder = temporaryFolder();
test.each(['setup.sh', 'setup-manager.sh', 'setup-prover.sh', 'verify.sh', 'cleanup.sh'])(
  '%s refuses to run without root, before it does anything',
  async (script) => {
    const commands = ['apt-get', 'systemctl', 'cloud-init', 'curl', 'useradd', 'install', 'rm', 'mkdir', 'jq'];
    const standIns = writeStandIns(path.join(folder, 'nobody'), {
      id: 'echo 1000',
      ...Object.fromEntries(commands.map((name) => [name, 'echo did: $0'])),
    });
    const { code, stdout, stderr } = await bash(`bash scripts/${script}`, { standIns });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('run it as root');
  },
);
