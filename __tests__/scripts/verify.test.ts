import { describeBake } from './root/fixture';
import type { Builder } from './root/builder';
import { driverVersion, newKernel } from './root/packages';

jest.setTimeout(60_000);

const library = '/usr/lib/x86_64-linux-gnu/libcuda.so.';

interface Report {
  readonly image: string;
  readonly version: string;
  readonly kernel: string;
  readonly ok: boolean;
  readonly checks: readonly { name: string; ok: boolean; detail: string }[];
}
interface Inventory {
  readonly kernel: string;
  readonly driver: string | null;
  readonly packages: readonly { name: string; version: string; arch: string; source: string }[];
  readonly artifacts: readonly { name: string }[];
}

describeBake('verification', (instances) => {
  let instance: Builder;
  const verify = async (env: Record<string, string> = {}) => {
    const { code, stderr } = await instance.script('verify.sh', { IMAGE: 'bento', REPORT_DIR: '/run/report', ...env });
    const report = JSON.parse(instance.read('/run/report/report.json')) as Report;
    return { code, stderr, report, failed: report.checks.filter(({ ok }) => !ok) };
  };
  const bash = async (script: string) => {
    const { code, stderr } = await instance.run(['bash', '-euc', script]);
    if (code !== 0) throw new Error(stderr);
  };

  beforeAll(async () => {
    instance = await instances.start();
    const { code, stderr } = await instance.setup('bento');
    if (code !== 0) throw new Error(stderr);
    instance.write({ '/run/kernel': `${newKernel}\n` });
  });

  test('a correct instance passes, and is described', async () => {
    const { code, report } = await verify();
    expect(code).toBe(0);
    expect(report).toMatchObject({ image: 'bento', version: 'v1.2.2', kernel: newKernel, ok: true });
    const inventory = JSON.parse(instance.read('/run/report/inventory.json')) as Inventory;
    expect(inventory).toMatchObject({ kernel: newKernel, driver: driverVersion });
    expect(inventory.packages).toContainEqual({ name: 'vector', version: '0.9.0-1', arch: 'all', source: 'vector' });
    expect(inventory.packages.map(({ name }) => name)).not.toContain('rsyslog');
    const names = inventory.packages.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(inventory.artifacts.map(({ name }) => name)).toContain('bento-bundle');
  });

  test('a GPU that answers is named', async () => {
    instance.write({ '/sys/bus/pci/devices/0/vendor': '0x10de\n', '/sys/module/nvidia/version': `${driverVersion}\n` });
    // The sandbox's own test runs the real one, with a library that stands for the driver's.
    const tryGpu = '/var/tmp/boundless/scripts/lib/try-gpu.py';
    const real = instance.read(tryGpu);
    instance.write({ [tryGpu]: '#!/bin/sh\necho "NVIDIA L4, used by $(id -un)"\n' });
    const { report } = await verify();
    expect(report.checks.filter(({ name }) => name.startsWith('gpu'))).toEqual([
      { name: 'gpu', ok: true, detail: 'NVIDIA L4' },
      { name: 'gpu of the service', ok: true, detail: 'NVIDIA L4, used by bento' },
    ]);
    instance.write({ '/sys/module/nvidia/version': '580.1.1\n' });
    const { failed } = await verify();
    expect(failed).toEqual([
      { name: 'gpu', ok: false, detail: `the loaded module is '580.1.1', not '${driverVersion}'` },
    ]);
    instance.write({ '/sys/bus/pci/devices/0/vendor': '0x1d0f\n', [tryGpu]: real });
  });

  // What is done to the instance, which check finds it, its message, and how the instance is made right again. Each round
  // does all of it at once: one verification names all of it.
  const systemctl = '/usr/bin/systemctl --root=/';
  test.each([
    [
      ['echo 6.8.0-1001-aws >/run/kernel', 'kernel', /6\.8\.0-1001-aws', not/, `echo ${newKernel} >/run/kernel`],
      ['echo built >/run/dkms-state', 'driver', /DKMS reports .*: built'/, 'rm /run/dkms-state'],
      ['apt-mark unhold nvidia-open', 'held packages', /nvidia-open/, 'apt-mark hold nvidia-open'],
      [
        `${systemctl} disable apt-daily-upgrade.timer`,
        'security updates',
        /upgrade.timer is 'disabled'/,
        `${systemctl} enable apt-daily-upgrade.timer`,
      ],
      [
        `${systemctl} unmask valkey-server.service`,
        'stores',
        /valkey-server is '.*', not 'masked'/,
        `${systemctl} mask valkey-server.service`,
      ],
      [
        `${systemctl} enable bento-api.service`,
        'nothing starts but the configuration',
        /bento-api/,
        `${systemctl} disable bento-api.service`,
      ],
      [
        'echo "tcp LISTEN 0 9 127.0.0.1:5432 0.0.0.0:*" >>/run/sockets',
        'listening sockets',
        /tcp 127\.0\.0\.1:5432/,
        'sed -i /5432/d /run/sockets',
      ],
      [
        'usermod --append --groups adm bento',
        'users',
        /bento is in groups with power: adm/,
        'gpasswd --delete bento adm',
      ],
      ['chmod 777 /usr/local/bin/broker', 'broker', /root:root:777/, 'chmod 755 /usr/local/bin/broker'],
      ['mv /opt/blake3-groth16 /opt/x', 'proving keys', /final.zkey is missing/, 'mv /opt/x /opt/blake3-groth16'],
      [
        'rm /opt/risc0/.rzup',
        'what services need at run time',
        /bento-prover@0: \/opt\/risc0\/.rzup is missing, and bento cannot make it, bento cannot read \/opt\/blake3-groth16\/v/,
        'touch /opt/risc0/.rzup',
      ],
      ['touch /etc/bento/broker.env', 'folders', /broker.env/, 'rm /etc/bento/broker.env'],
      [
        'echo Nonsense=1 >>/etc/systemd/system/bento-api.service',
        'units',
        /Nonsense/,
        'sed -i /Nonsense/d /etc/systemd/system/bento-api.service',
      ],
      [
        'sed -i s/--bind-addr/--address/ /usr/local/bin/bento-rest-api',
        'bento-rest-api',
        /does not know: --bind-addr/,
        'sed -i s/--address/--bind-addr/ /usr/local/bin/bento-rest-api',
      ],
      [
        'sed -i s/TASK_STREAM=/STREAM=/ /usr/local/bin/bento-agent',
        'bento-agent',
        /does not know: TASK_STREAM/,
        'sed -i s/STREAM=/TASK_STREAM=/ /usr/local/bin/bento-agent',
      ],
      [
        `sed -i 's/"verified": "published"/"verified": "hearsay"/' /etc/bento/release.json`,
        'release.json is whole',
        /hearsay/,
        'sed -i s/hearsay/published/ /etc/bento/release.json',
      ],
      [
        `${systemctl} unmask vector.service`,
        'log shipper',
        /vector.service is '.*', not 'masked'/,
        `${systemctl} mask vector.service`,
      ],
      [
        'rm /etc/systemd/journald.conf.d/boundless.conf',
        'journal is the record',
        /boundless.conf/,
        'echo [Journal] >/etc/systemd/journald.conf.d/boundless.conf',
      ],
    ],
    [
      [
        "sed --in-place 's/LOG_GROUP/LOG_GROUPS/' /usr/local/share/boundless/vector.yaml",
        'log shipper',
        /Missing environment variable in config. name = LOG_GROUPS/,
        "sed --in-place 's/LOG_GROUPS/LOG_GROUP/' /usr/local/share/boundless/vector.yaml",
      ],
      [
        `touch ${library}570.1; ln -sf libcuda.so.570.1 ${library}1`,
        'driver',
        /branch is '570'/,
        `ln -sf libcuda.so.${driverVersion} ${library}1`,
      ],
      ['mkdir -p /var/lib/postgresql/16/main', 'stores', /clusters of the package/, 'rm -r /var/lib/postgresql/16'],
      [
        `${systemctl} disable bento-configure.service`,
        'nothing starts but the configuration',
        /bento-configure.service is 'disabled'/,
        `${systemctl} enable bento-configure.service`,
      ],
      [
        'chmod 600 /opt/blake3-groth16/*.bin',
        'proving keys',
        /not for everybody/,
        'chmod 644 /opt/blake3-groth16/*.bin',
      ],
      [
        'rmdir /opt/risc0/tmp',
        'what services need at run time',
        /\/opt\/risc0\/tmp is missing, and bento cannot make it, bento cannot read .*_graph.bin/,
        'mkdir /opt/risc0/tmp',
      ],
      [
        'chmod 600 /etc/systemd/system/bento-api.service',
        'units',
        /root:root:600/,
        'chmod 644 /etc/systemd/system/bento-api.service',
      ],
      [
        'chmod 777 /usr/local/share/boundless',
        'folders',
        /others than root may write/,
        'chmod 755 /usr/local/share/boundless',
      ],
    ],
  ] as const)('reports all errors at once', async (...round) => {
    await bash(round.map(([harm]) => harm).join('\n'));
    const { code, stderr, failed, report } = await verify();
    await bash(round.map(([, , , repair]) => repair).join('\n'));
    const found = Object.fromEntries(failed.map(({ name, detail }) => [name, detail]));
    expect(found).toEqual(Object.fromEntries(round.map(([, name, detail]) => [name, expect.stringMatching(detail)])));
    expect([code, report.ok]).toEqual([1, false]);
    expect(stderr).toContain(`error: ${round.length} of ${report.checks.length} checks failed`);
    expect((await verify()).failed).toEqual([]);
  });
});
