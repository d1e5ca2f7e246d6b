import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describeWith, skipped } from '../../support/tools';
import { bootRefusal } from '../root/booted-root';
import { temporaryFolder } from '../support';
import { migrated, startServices, type Services } from './services';

jest.setTimeout(120_000);

const tools = ['unshare', 'nsenter', 'systemctl', 'psql', 'redis-server', 'python3-boto3', 'gcc'];

/** Releases between which the programs changed what they do to their instance. */
const releases = ['1.0.2', '1.1.2', '1.2.2'];

/** Ends well only as the user of the smoke test, who can write nowhere but in its own /tmp. */
const clientOfJob = `#!/bin/sh
[ "$(id -un)" = bento-smoke ] || exit 3
! touch /var/lib/bento/file /etc/bento/file 2>/dev/null || exit 4
echo "INFO bento_cli: STARK job_id: 11111111-2222-3333-4444-555555555555"
`;

const tests = () => {
  const folder = temporaryFolder();
  let services: Services;
  beforeAll(async () => {
    services = await startServices(path.join(folder, 'root'));
  });
  afterAll(() => services.close());

  describe.each(releases)('of Bento %s', (release) => {
    beforeAll(() => {
      services.release(release);
    });
    const from = (first: string, line: string) => (release >= first ? [line] : []);

    test.each([
      ['bento-prover@0.service', ['made a Groth16 proof', ...from('1.2', 'made a BLAKE3 Groth16 proof')]],
      ['bento-broker.service', ['watches its configuration', 'keeps its orders']],
      ['bento-executor@01.service', ['ran a guest', ...from('1.2', 'listens on 127.0.0.1:9301')]],
      ['bento-aux.service', from('1.2', 'listens on 127.0.0.1:9092')],
      ['bento-logs.service', ['keeps its place in the journal', 'measures the instance']],
    ])('%s does all that its program does there, and ends on SIGTERM', async (unit, lines) => {
      const { output, result } = await services.lived(unit);
      for (const line of ['plain lines', ...lines, 'ready', 'ended in order']) expect(output).toContain(line);
      expect([output, result]).toEqual([expect.not.stringMatching(/Error|denied|Read-only/), 'success']);
    });
  });

  test('the target has as many executors as the boot configures, each with its limit; further ones stop', async () => {
    const prepare = (executors: number) =>
      services.bash(
        `cd /usr/local/lib/boundless; /usr/bin/python3 -B -c 'from bento_boot import executors; executors.prepare(${executors}, 31 * 1024, lambda: None)'`,
      );
    const show = (property: string, unit: string) =>
      services.bash(`systemctl show --value --property=${property} ${unit}`);
    const executors = ['bento-executor@01.service', 'bento-executor@02.service'];
    await prepare(2);
    const wanted = (await show('Wants', 'bento-manager.target')).trim().split(' ');
    expect(wanted.filter((unit) => unit.startsWith('bento-executor@')).sort()).toEqual(executors);
    expect(await show('MemoryMax', executors[1]!)).toBe(`${8192 * 1024 ** 2}\n`);
    services.release('1.2.2');
    await services.bash(`systemctl start ${executors.join(' ')}`);
    await prepare(1);
    expect(await services.bash(`systemctl is-active ${executors.join(' ')} || true`)).toBe('active\ninactive\n');
    expect(await show('Wants', 'bento-manager.target')).not.toContain(executors[1]);
    await services.bash(`systemctl stop ${executors[0]!}`);
  });

  test('what is listed of them holds, of each unit', async () => {
    services.release('1.2.2');
    const listed = new Set(readFileSync('scripts/runtime-paths.lst', 'utf8').match(/^bento-\S+/gm));
    expect(await services.bash('check_runtime_paths')).toBe(`${listed.size} services in their sandboxes\n`);
  });

  test('PostgreSQL and Valkey serve in theirs, and the API after them', async () => {
    await services.bash('systemctl start bento-postgresql.service bento-valkey.service');
    services.write({ '/run/migrated.sql': migrated });
    const psql = '/usr/local/lib/boundless/bin/postgresql/psql --host /run/bento-postgresql --dbname taskdb --quiet';
    await services.bash(`setpriv --reuid=bento --regid=bento --clear-groups ${psql} --file /run/migrated.sql`);
    const api = await services.lived('bento-api.service');
    await services.bash('systemctl stop bento-postgresql.service bento-valkey.service');
    for (const store of ['bento-postgresql.service', 'bento-valkey.service'])
      expect(await services.bash(`systemctl show --value --property=Result ${store}`)).toBe('success\n');
    expect(api).toEqual({
      output: expect.stringMatching(/^plain lines\nlistens on 0.0.0.0:8081\nready\nended in order\n/) as string,
      result: 'success',
    });
  });

  test('the smoke test reaches the API and runs its client, as a user without rights', async () => {
    services.write({ '/run/api/health': '' });
    services.write({ '/usr/local/bin/bento-cli': clientOfJob }, 0o755);
    await services.bash(
      'systemd-run --quiet --unit=api python3 -m http.server 8081 --bind 127.0.0.1 --directory /run/api',
    );
    await services.bash('systemctl start bento-smoke@stark.service');
    await services.bash('systemctl stop api.service');
    const output = await services.bash('cat /run/out/bento-smoke@stark');
    expect(output).toMatch(/<6>the smoke test passed: a STARK proof in \d+ s \(job 11111111-/);
  });

  test('the orders on a volume of an older image, where all services had one user, are taken over and given back', async () => {
    const unit = '/etc/systemd/system/bento-broker.service';
    const real = services.read(unit);
    const older = real.replace('User=bento-broker\nGroup=bento-broker', 'User=bento\nGroup=bento');
    expect(older).not.toBe(real);
    const owner = () => services.bash('stat --format %U:%G /var/lib/bento/broker/broker.db');
    services.release('1.2.2');
    for (const [content, user] of [
      [older, 'bento'],
      [real, 'bento-broker'],
      [older, 'bento'],
      [real, 'bento-broker'],
    ] as const) {
      services.write({ [unit]: content });
      await services.bash(`systemctl daemon-reload; chgrp ${user} /etc/bento/broker.toml`);
      const { output, result } = await services.lived('bento-broker.service');
      expect([output, result]).toEqual([expect.stringContaining('keeps its orders'), 'success']);
      expect(await owner()).toBe(`${user}:${user}\n`);
    }
  });

  describe('the wallet key', () => {
    /** Looks wherever a process could find the key, and prints it once for each place. */
    const search = `#!/bin/bash
grep --text --no-filename --only-matching --no-messages wallet-canary /etc/bento/*.env && echo "in a file"
for process in /proc/[0-9]*; do
  if grep --text --quiet --no-messages wallet-canary "$process/environ"; then echo "in a process"; fi
done
if timeout 1 bash -c ': </dev/tcp/169.254.169.254/80' 2>/dev/null; then echo "by the role of the instance"; fi
echo "done as $(id --user --name)"
`;
    const found = (unit: string) => services.bash(`in_sandbox ${unit} /usr/local/lib/stand-ins/search || true`);

    beforeAll(async () => {
      services.write({ '/usr/local/lib/stand-ins/search': search }, 0o755);
      services.write({ '/etc/bento/broker.env': 'PROVER_PRIVATE_KEY="wallet-canary"\n' }, 0o600);
      await services.bash(
        'systemctl start bento-broker.service; systemd-run --quiet --unit=metadata python3 -m http.server 80 --bind 169.254.169.254; ' +
          'until bash -c ": </dev/tcp/169.254.169.254/80" 2>/dev/null; do sleep 0.1; done',
      );
    });
    afterAll(() => services.bash('systemctl stop bento-broker.service metadata.service; rm /etc/bento/broker.env'));

    test('is where a service with the role of the instance looks for it', async () => {
      expect(await found('bento-queue')).toBe('by the role of the instance\ndone as bento-queue\n');
    });

    test('is in the process of the broker, and in no file that the broker itself could read', async () => {
      expect(await found('bento-broker')).toBe('in a process\ndone as bento-broker\n');
    });

    test.each([
      ['bento-api', 'bento-api'],
      ['bento-aux', 'bento-aux'],
      ['bento-executor@01', 'bento-executor'],
      ['bento-cleanup', 'bento'],
      ['bento-smoke@stark', 'bento-smoke'],
      ['bento-postgresql', 'postgres'],
      ['bento-valkey', 'valkey'],
    ])('is out of reach of %s', async (unit, user) => {
      expect(await found(unit)).toBe(`done as ${user}\n`);
    });
  });

  test('a prover without what rzup looks for makes no proof, and the bake finds it before', async () => {
    services.release('1.2.2');
    await services.bash('rm /opt/risc0/.rzup; rmdir /opt/risc0/tmp');
    const { output } = await services.lived('bento-prover@0.service');
    const found = await services.bash('check_runtime_paths || true');
    await services.bash('make_risc0_home');
    expect(output).toMatch(/(Read-only file system|Permission denied): '\/opt\/risc0\/.rzup'/);
    expect(output).not.toContain('made a Groth16 proof');
    expect(found).toBe(
      ['/opt/risc0/.rzup', '/opt/risc0/tmp']
        .map((file) => `${file} is missing, and bento cannot make it`)
        .join(', ')
        .replace(/^/, 'bento-prover@0: ')
        .concat('\n'),
    );
  });

  describe('the GPU', () => {
    const check = (has: boolean) => services.bash(`has_gpu() { ${has}; }; check_gpu_of_service || true`);
    beforeAll(() => {
      const library = path.join(folder, 'libcuda.so.1');
      const built = spawnSync('gcc', ['-shared', '-fPIC', '-o', library, path.join(__dirname, 'libcuda.c')]);
      expect([built.status, built.stderr.toString()]).toEqual([0, '']);
      services.write({ '/usr/lib/x86_64-linux-gnu/libcuda.so.1': readFileSync(library) });
    });

    test('is used in the bake as the service uses it', async () => {
      expect(await check(true)).toBe('NVIDIA L4\n');
    });

    test('that returns other data than was written fails the bake', async () => {
      services.write({ '/run/broken-gpu': '' });
      expect(await check(true)).toBe("the GPU cannot be used: the GPU's memory holds 0x0 where 0xa5 was written\n");
      await services.bash('rm /run/broken-gpu');
    });

    test('that the sandbox hides fails the bake', async () => {
      const unit = '/etc/systemd/system/bento-prover@.service';
      const real = services.read(unit);
      services.write({ [unit]: real.replace('[Service]\n', '[Service]\nPrivateDevices=yes\n') });
      const found = await check(true);
      services.write({ [unit]: real });
      await services.bash('systemctl daemon-reload');
      expect(found).toBe('the GPU cannot be used: cuInit ends with 100 (CUDA_ERROR_NO_DEVICE)\n');
    });

    test('that is missing is left to the smoke test, which the report names', async () => {
      expect(await check(false)).toBe(
        'this instance has no NVIDIA GPU: whether a prover can use one is left to the smoke test of a cluster\n',
      );
    });
  });

  test('a sandbox that hides something the service needs fails the bake', async () => {
    const unit = '/etc/systemd/system/bento-broker.service';
    const real = services.read(unit);
    services.write({ [unit]: real.replace('StateDirectory=bento/broker\n', '') });
    const found = await services.bash('check_runtime_paths || true');
    services.write({ [unit]: real });
    await services.bash('systemctl daemon-reload');
    expect(found).toMatch(/^bento-broker: /);
  });
};

const refused = bootRefusal();
if (refused === undefined) describeWith(tools, 'services in their sandboxes', tests);
else if (process.env['CI'] === 'true')
  test('services in their sandboxes need a systemd of their own', () => {
    throw new Error(refused);
  });
else skipped('services in their sandboxes', refused, tests);
