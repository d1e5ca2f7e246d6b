import { clusterPath } from '../../../config/names';
import { describeWith } from '../../support/tools';
import { startInstance, tools, type Instance } from './instance';

jest.setTimeout(120_000);

const at = (name: string) => `${clusterPath('staging')}/${name}`;
const key = (name: string) => JSON.stringify({ accessKeyId: `AKIA${name}`, secretAccessKey: `canary-${name}` });
const cli = '/usr/local/lib/boundless/bin/valkey-cli --no-auth-warning';

/** Bash that waits for a file. */
const until = (file: string, test = '-e') => `until [[ ${test} ${file} ]]; do sleep 0.05; done`;

/**
 * Watches the inode of a file as the broker does: the mask of notify 6.1.1 (src/inotify.rs), and another look at the file
 * for each change of its content or its attributes (crates/broker/src/config.rs 732 to 790). Each look is a line: a
 * value, and the size.
 */
const watcher = `
import ctypes, os, struct, tomllib
libc, file = ctypes.CDLL(None, use_errno=True), b"/etc/bento/broker.toml"
modify, attributes, ignored = 0x2, 0x4, 0x8000
handle = libc.inotify_init1(0)
assert libc.inotify_add_watch(handle, file, modify | attributes | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400) >= 0
with open("/run/started/watched", "w", buffering=1) as log:
    def look():
        text = open(file).read()
        log.write(f"{tomllib.loads(text)['market'].get('peak_prove_khz')} {len(text)}\\n")
    look()
    while True:
        events = os.read(handle, 65536)
        while events:
            _, mask, _, length = struct.unpack_from("iIII", events)
            events = events[16 + length:]
            if mask & (modify | attributes):
                look()
            if mask & ignored:
                log.write("ended\\n")
                os._exit(0)
`;

describeWith(tools, 'a manager that works', () => {
  let instance: Instance;
  let calls: string[];
  beforeAll(async () => {
    instance = await startInstance('manager');
    expect(await instance.refresh('--now')).toMatchObject({
      code: 0,
      log: expect.stringContaining('bento-manager.target is not active') as unknown,
    });
    expect(instance.events()).toEqual([]);
    expect(await instance.configure()).toMatchObject({ code: 0 });
    calls = instance.calls();
    instance.events();
  });
  afterAll(() => instance.close());
  // Whatever comes of it, it is nothing that Auto Scaling waits for.
  afterEach(() => {
    expect(instance.calls()).toEqual(calls);
  });

  /** A further version, as Terraform and the rotation write it. */
  const put = (name: string, value: string) =>
    instance.aws(
      'boto3.client("secretsmanager").put_secret_value(SecretId=given["name"], SecretString=given["value"])',
      {
        name: at(name),
        value,
      },
    );
  const files = async () => {
    const { stdout } = await instance.run([
      'bash',
      '-c',
      'cd /etc/bento && sha256sum [!r]* release.json && stat --format "%n %a %U %G" *',
    ]);
    return stdout;
  };
  /** A run that fails, and leaves everything as it was. */
  const failure = async () => {
    const before = await files();
    const { code, log } = await instance.refresh('--now');
    expect([code, log]).toEqual([1, expect.stringContaining('goes on with the secrets and settings that it has')]);
    expect(await files()).toBe(before);
    expect(log).not.toContain('canary');
    return log;
  };
  /** Vector starts again for each new secret, first of all. */
  const events = () => instance.events().filter((event) => !event.endsWith('bento-logs.service'));
  const restarts = (name: string) => [`stop bento-${name}.service`, `start bento-${name}.service`];

  test('changes nothing when nothing has changed, and checks again a day later', async () => {
    const before = await files();
    expect(await instance.refresh()).toEqual({ code: 0, log: expect.stringContaining('current secrets') as unknown });
    expect(await instance.refresh()).toEqual({ code: 0, log: '' });
    expect(events()).toEqual(['reload bento-postgresql.service']);
    await instance.run(['touch', '--date', '1 minute ago', '/run/bento-refresh/next']);
    expect((await instance.refresh()).log).toContain('current secrets');
    expect(events()).toEqual(['reload bento-postgresql.service']);
    expect(await files()).toBe(before);
  });

  test('takes a new key of the storage to every service that has one, and leaves the broker alone', async () => {
    await put('storage', key('NEW'));
    expect(await instance.refresh('--now')).toMatchObject({ code: 0 });
    expect(instance.events()).toEqual([
      // Before any service has it.
      ...restarts('logs'),
      'reload bento-postgresql.service',
      ...['executor@01', 'aux', 'api'].flatMap(restarts),
    ]);
    for (const service of ['api', 'agent-9301', 'agent-9092'])
      expect(instance.read(`/run/started/${service}.env`)).toContain('canary-NEW');
  });

  test('keeps secrets out of the log also where an earlier run ended before Vector read them', async () => {
    await instance.run(['touch', '/etc/bento/redacted.env']);
    expect(await instance.refresh('--now')).toMatchObject({ code: 0 });
    expect(instance.events()).toEqual([...restarts('logs'), 'reload bento-postgresql.service']);
  });

  test('takes new passwords and keeps connections open: Valkey accepts the previous one as well', async () => {
    const [, old] = /^REDIS_URL="(.*)"$/m.exec(instance.read('/etc/bento/aux.env'))!;
    instance.write({ '/run/old': old! });
    // Who is connected stays so.
    const connected = instance.run([
      'bash',
      '-c',
      `(echo PING; ${until('/run/refreshed')}; echo PING) | ${cli} -u "$(sed 's/\\\\\\(.\\)/\\1/g' /run/old)" | tee /run/pongs`,
    ]);
    await instance.run(['bash', '-c', until('/run/pongs', '-s')]);
    await put('valkey-password', 'canary-valkey-2');
    await put('database-password', 'canary-database-2');
    expect(await instance.refresh('--now')).toMatchObject({ code: 0 });
    expect(events()).toEqual(['reload bento-postgresql.service', ...['executor@01', 'aux', 'api'].flatMap(restarts)]);
    const { stdout } = await instance.run([
      'bash',
      '-c',
      `${cli} -u "$(sed 's/\\\\\\(.\\)/\\1/g' /run/old)" ping; ${cli} -a canary-valkey-2 ping; ${cli} -a canary-other ping 2>&1
. /etc/bento/api.env; /usr/local/lib/boundless/bin/postgresql/psql "$DATABASE_URL" -Atc 'SELECT 1'`,
    ]);
    expect(stdout).toMatch(/^PONG\nPONG\n[^]*NOAUTH[^]*\n1\n$/);
    instance.write({ '/run/refreshed': '' });
    expect((await connected).stdout).toBe('PONG\nPONG\n');
    expect(instance.read('/etc/bento/valkey.acl')).not.toContain('canary');
  });

  test('takes the second of two new passwords, and still accepts the one that provers have', async () => {
    await put('valkey-password', 'canary-valkey-3');
    await put('valkey-password', 'canary-valkey-4');
    expect(await instance.refresh('--now')).toMatchObject({ code: 0 });
    expect(events()).toEqual(['reload bento-postgresql.service', ...['executor@01', 'aux'].flatMap(restarts)]);
    const ping = [2, 3, 4].map((number) => `${cli} -a canary-valkey-${number} ping`).join('; ');
    expect((await instance.run(['bash', '-c', ping])).stdout).toBe('PONG\nPONG\nPONG\n');
  });

  test('does not load passwords into stores that do not run', async () => {
    await instance.run(['systemctl', 'stop', 'bento-valkey.service']);
    instance.events();
    expect(await failure()).toContain('bento-valkey.service does not run');
    expect(events()).toEqual([]);
    await instance.run(['systemctl', 'start', 'bento-valkey.service']);
    instance.events();
  });

  test('leaves the wallet to an operator: a broker that crashes must restart with the previous one', async () => {
    const before = instance.read('/etc/bento/broker.env');
    await put('wallet-key', 'ab'.repeat(32));
    const { code, log } = await instance.refresh('--now');
    expect([code, log]).toEqual([0, expect.stringContaining('the wallet key has changed')]);
    expect(instance.read('/etc/bento/broker.env')).toBe(before);
    await put('wallet-key', `0x${'ca'.repeat(32)}`);
    instance.events();
  });

  test('starts nothing that an operator has stopped', async () => {
    await instance.run(['systemctl', 'stop', 'bento-executor@01.service']);
    instance.events();
    await put('storage', key('NEXT'));
    expect(await instance.refresh('--now')).toMatchObject({ code: 0 });
    expect(events()).toEqual(['reload bento-postgresql.service', ...['aux', 'api'].flatMap(restarts)]);
    expect(instance.read('/etc/bento/executor.env')).toContain('canary-NEXT');
    await instance.run(['systemctl', 'start', 'bento-executor@01.service']);
    instance.events();
  });

  test('changes nothing when a secret is malformed, and checks again within an hour', async () => {
    await put('storage', '{"canary": 1}');
    expect(await failure()).toContain('is not a JSON object with accessKeyId and secretAccessKey');
    expect(events()).toEqual([]);
    const { stdout } = await instance.run([
      'bash',
      '-c',
      'echo $(($(stat --format %Y /run/bento-refresh/next) - $(date +%s)))',
    ]);
    expect(Number(stdout)).toBeGreaterThan(3000);
    expect(Number(stdout)).toBeLessThanOrEqual(3600);
    await put('storage', key('NEXT'));
  });

  test('keeps the number of executors, and logs how to get as many as the settings want', async () => {
    await instance.settings({ executors: 6 });
    const before = await files();
    expect(await instance.refresh('--now')).toEqual({
      code: 0,
      log: expect.stringContaining(
        'the settings want 6 executors, and 1 are here: run `systemctl start bento-configure`',
      ) as unknown,
    });
    // Six would price four orders at a time.
    expect(await files()).toBe(before);
    expect(events()).toEqual(['reload bento-postgresql.service']);
    await instance.settings({});
  });

  test('does not move to another bucket by itself', async () => {
    await instance.settings({ bucket: 'somewhere-else' });
    expect(await failure()).toContain('the bucket is bento-storage, and is to be somewhere-else');
    await instance.settings({});
    expect(events()).toEqual([]);
  });

  test('rolls back a change that does not work', async () => {
    await put('storage', key('BAD'));
    await put('database-password', 'canary-database-3');
    await instance.run(['bash', '-c', 'sed -i "2a [[ \\$S3_ACCESS_KEY != AKIABAD ]]" /usr/local/bin/bento-agent']);
    const log = await failure();
    expect(log).toContain('does not stay up');
    expect(instance.read('/etc/bento/aux.env')).toContain('canary-NEXT');
    const { stdout } = await instance.run([
      'bash',
      '-c',
      `. /etc/bento/api.env; /usr/local/lib/boundless/bin/postgresql/psql "$DATABASE_URL" -Atc 'SELECT 1'
for name in executor@01 aux api broker; do systemctl is-active bento-$name.service; echo $?; done`,
    ]);
    expect(stdout).toBe('1\n0\n0\n0\n0\n');
    await put('storage', key('NEXT'));
    instance.events();
  });

  describe('a broker that watches its configuration', () => {
    const values: Instance['broker'] = (given) => instance.broker(given);
    const looks = () => instance.read('/run/started/watched').trim().split('\n');
    const lookedAt = async (last: string) => {
      for (let tries = 0; tries < 600 && !looks().at(-1)!.startsWith(last); tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(looks().at(-1)).toMatch(new RegExp(`^${last} `));
    };
    let watching: ReturnType<Instance['asUser']>;
    beforeAll(async () => {
      instance.write({ '/run/started/watched': '\n' }, 0o666);
      const broker = ['--reuid=bento-broker', '--regid=bento-broker', '--groups=bento'];
      watching = instance.run(['setpriv', ...broker, '/usr/bin/python3', '-c', watcher]);
      await lookedAt('100');
    });
    afterAll(async () => {
      await values({});
      await instance.refresh('--now');
      watching.kill();
      instance.events();
    });

    test('sees each change, a longer and a shorter one, and a rollback', async () => {
      const { stdout: inode } = await instance.run(['stat', '--format', '%i', '/etc/bento/broker.toml']);
      for (const peak of [111, 2222, 3]) {
        await values({
          market: { peak_prove_khz: peak, cache_dir: `/var/lib/bento/broker/${'x'.repeat(peak % 2000)}` },
        });
        expect(await instance.refresh('--now')).toMatchObject({ code: 0 });
        await lookedAt(String(peak));
      }
      await values({ market: { peak_prove_khz: 4 } });
      await put('storage', key('BAD'));
      expect(await instance.refresh('--now')).toMatchObject({ code: 1 });
      await lookedAt('3');
      await put('storage', key('NEXT'));
      const seen = looks().map((line) => line.split(' ').map(Number));
      expect(seen.map(([peak]) => peak).filter((peak, index, all) => peak !== all[index - 1])).toEqual([
        100, 111, 2222, 3, 4, 3,
      ]);
      // Never shorter: an empty file would be one with all defaults.
      seen.forEach(([, size], index) => {
        if (index > 0) expect(size).toBeGreaterThanOrEqual(seen[index - 1]![1]!);
      });
      expect((await instance.run(['stat', '--format', '%i', '/etc/bento/broker.toml'])).stdout).toBe(inode);
    });

    test('needs a restart for keys that it reads at its start, and the log names them until then', async () => {
      const warning = 'the broker reads market.lookback_blocks, prover.status_poll_ms only as it starts';
      await values({ market: { lookback_blocks: 500, max_collateral: '7' }, prover: { status_poll_ms: 2000 } });
      expect(await instance.refresh('--now')).toMatchObject({
        code: 0,
        log: expect.stringContaining(warning) as unknown,
      });
      expect((await instance.refresh('--now')).log).toContain(warning);
      expect(events()).not.toContain('stop bento-broker.service');
      await instance.run(['systemctl', 'restart', 'bento-broker.service']);
      expect((await instance.refresh('--now')).log).not.toContain('as it starts');
    });
  });

  test('does nothing while the instance drains, or is being configured', async () => {
    instance.metadata({ 'autoscaling/target-lifecycle-state': 'Terminated' });
    expect(await instance.refresh('--now')).toEqual({
      code: 0,
      log: expect.stringContaining('nothing is refreshed: Auto Scaling ends this instance') as unknown,
    });
    instance.metadata({ 'autoscaling/target-lifecycle-state': 'InService' });
    const configuring = instance.run([
      ...['flock', '/etc/bento', 'bash', '-c', `touch /run/configuring; ${until('/run/configured')}`],
    ]);
    await instance.run(['bash', '-c', until('/run/configuring')]);
    expect((await instance.refresh('--now')).log).toContain('the instance is being configured');
    instance.write({ '/run/configured': '' });
    await configuring;
    expect(events()).toEqual([]);
  });
});

describeWith(tools, 'a prover that works', () => {
  let instance: Instance;
  let calls: string[] = [];
  const put = (name: string, value: string) =>
    instance.aws(
      'boto3.client("secretsmanager").put_secret_value(SecretId=given["name"], SecretString=given["value"])',
      {
        name: at(name),
        value,
      },
    );
  const bash = async (script: string) => {
    const { code, stdout, stderr } = await instance.run(['bash', '-euc', script]);
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  /** What the manager does, with the real stores that it has left running here. */
  const managerTakes = async (database: string, valkey: string, before: string) => {
    const sql = `ALTER ROLE bento PASSWORD '${database}'`;
    await bash(`setpriv --reuid=postgres --clear-groups /usr/local/lib/boundless/bin/postgresql/psql -h /run/bento-postgresql -U postgres -c "${sql}"
cd /usr/local/lib/boundless
/usr/bin/python3 -c 'import sys; from bento_boot import stores; print(stores.valkey_users(sys.argv[1:]), end="")' '${valkey}' '${before}' >/etc/bento/valkey.acl
chown valkey /etc/bento/valkey.acl
${cli} -a '${before}' ACL LOAD`);
  };
  const agents = [0, 1].flatMap((gpu) => [`stop bento-prover@${gpu}.service`, `start bento-prover@${gpu}.service`]);
  const events = () => instance.events().filter((event) => !event.endsWith('bento-logs.service'));
  const environment = () => instance.read('/etc/bento/prover.env');

  beforeAll(async () => {
    instance = await startInstance('manager', { image: 'bento' });
    await instance.secrets({ 'database-password': "database-1~$x'&;!*+,=", 'valkey-password': 'valkey-1' });
    expect(await instance.configure()).toMatchObject({ code: 0 });
    await bash(
      'systemctl stop bento-refresh.timer bento-manager.target; systemctl start bento-postgresql.service bento-valkey.service',
    );
    instance.metadata({ 'tags/instance/Role': 'prover' });
  });
  afterAll(() => instance.close());
  afterEach(() => {
    expect(instance.calls()).toEqual(calls);
  });

  test('starts with the passwords of a manager that does not have the new ones yet', async () => {
    await put('database-password', 'database-2');
    await put('valkey-password', 'valkey-2');
    const { code, log } = await instance.configure();
    expect([code, log]).toEqual([
      0,
      expect.stringContaining('Valkey of the manager does not have the new password yet'),
    ]);
    expect(environment()).toMatch(/database-1[^]*valkey-1/);
    expect(events()).toContain('start bento-refresh.timer');
    calls = instance.calls();
  });

  test('keeps them, and on most runs asks only the manager', async () => {
    expect(await instance.refresh()).toMatchObject({ code: 0, log: expect.stringContaining('taken later') as unknown });
    expect(await instance.refresh()).toEqual({ code: 0, log: '' });
    expect(environment()).toMatch(/database-1[^]*valkey-1/);
    expect(events()).toEqual([]);
  });

  test('takes the new ones on its next run, once the manager refuses the previous ones', async () => {
    await managerTakes('database-2', 'valkey-2', 'valkey-1');
    expect(await instance.refresh()).toMatchObject({
      code: 0,
      log: expect.stringContaining('current secrets') as unknown,
    });
    expect(environment()).toMatch(/database-2[^]*valkey-2/);
    expect(events()).toEqual(agents);
    expect(await instance.refresh()).toEqual({ code: 0, log: '' });
  });

  test('takes a new storage key with its daily run', async () => {
    await put('storage', key('NEW'));
    expect(await instance.refresh()).toEqual({ code: 0, log: '' });
    expect(await instance.refresh('--now')).toMatchObject({ code: 0 });
    expect(events()).toEqual(agents);
    expect(instance.read('/run/started/agent-9100.env')).toContain('canary-NEW');
  });

  test('keeps what it has where the manager takes no password at all', async () => {
    await managerTakes('somebodys', 'valkey-2', 'valkey-1');
    const before = environment();
    const { code, log } = await instance.refresh();
    expect([code, log]).toEqual([1, expect.stringMatching(/PostgreSQL of the manager .* takes none of the passwords/)]);
    expect([environment(), events()]).toEqual([before, []]);
    await managerTakes('database-2', 'valkey-2', 'valkey-1');
  });

  test('stops at the first agent that does not come back, and rolls back', async () => {
    await put('storage', key('BAD'));
    const agent = instance.read('/usr/local/bin/bento-agent');
    instance.write(
      { '/usr/local/bin/bento-agent': agent.replace('exec sleep', '[[ $S3_ACCESS_KEY != AKIABAD ]]\nexec sleep') },
      0o755,
    );
    const before = environment();
    const { code, log } = await instance.refresh('--now');
    expect([code, log]).toEqual([1, expect.stringContaining('bento-prover@0.service does not stay up')]);
    expect(environment()).toBe(before);
    expect(events().slice(0, 3)).toEqual([
      'stop bento-prover@0.service',
      'start bento-prover@0.service',
      'start bento-prover@0.service',
    ]);
    expect(await bash('systemctl is-active bento-prover@0.service bento-prover@1.service; echo $?')).toBe('0');
    await put('storage', key('NEW'));
  });

  test('follows no other manager', async () => {
    await instance.settings({ managerAddress: '127.0.0.8' });
    const { code, log } = await instance.refresh('--now');
    expect([code, log]).toEqual([1, expect.stringContaining('the manager is at 127.0.0.9, and is to be at 127.0.0.8')]);
    expect(events()).toEqual([]);
    await instance.settings({});
  });

  test('without its manager keeps the passwords, and still takes a key of the storage', async () => {
    await bash('systemctl stop bento-postgresql.service bento-valkey.service');
    await put('database-password', 'database-3');
    await put('storage', key('LATER'));
    instance.write({ '/usr/local/bin/bento-agent': '#!/bin/sh\nexec sleep infinity\n' }, 0o755);
    instance.events();
    expect(await instance.refresh()).toEqual({ code: 0, log: '' });
    expect(await instance.refresh('--now')).toMatchObject({ code: 0 });
    expect(environment()).toMatch(/database-2[^]*canary-LATER[^]*valkey-2/);
    expect(events()).toEqual(agents);
  });
});
