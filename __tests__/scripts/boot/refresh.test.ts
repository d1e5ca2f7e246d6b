import { clusterPath } from '../../../config/names';
import { describeWith } from '../../support/tools';
import { startMachine, tools, type Machine } from './machine';

jest.setTimeout(120_000);

const at = (name: string) => `${clusterPath('staging')}/${name}`;
const key = (name: string) => JSON.stringify({ accessKeyId: `AKIA${name}`, secretAccessKey: `canary-${name}` });
const cli = '/usr/local/lib/boundless/bin/valkey-cli --no-auth-warning';

/**
 * Watches the inode of a file as the broker does: the mask of notify 6.1.1 (src/inotify.rs), and another look at the file
 * for each change of its content or its attributes (crates/broker/src/config.rs 732 to 790). Each look is a line: a
 * value, and the size.
 */
const watcher = `
import ctypes, os, struct, tomlkit
libc, file = ctypes.CDLL(None, use_errno=True), b"/etc/bento/broker.toml"
modify, attributes, ignored = 0x2, 0x4, 0x8000
handle = libc.inotify_init1(0)
assert libc.inotify_add_watch(handle, file, modify | attributes | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400) >= 0
with open("/run/started/watched", "w", buffering=1) as log:
    def look():
        text = open(file).read()
        log.write(f"{tomlkit.parse(text)['market'].get('peak_prove_khz')} {len(text)}\\n")
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
  let machine: Machine;
  let calls: string[];
  beforeAll(async () => {
    machine = await startMachine('manager');
    expect(await machine.refresh('--now')).toMatchObject({
      code: 0,
      log: expect.stringContaining('bento-manager.target is not at work') as unknown,
    });
    expect(machine.events()).toEqual([]);
    expect(await machine.configure()).toMatchObject({ code: 0 });
    calls = machine.calls();
    machine.events();
  });
  afterAll(() => machine.close());
  // Whatever comes of it, it is nothing that Auto Scaling waits for.
  afterEach(() => {
    expect(machine.calls()).toEqual(calls);
  });

  /** A further version, as Terraform and the rotation write it. */
  const put = (name: string, value: string) =>
    machine.aws(
      'boto3.client("secretsmanager").put_secret_value(SecretId=given["name"], SecretString=given["value"])',
      {
        name: at(name),
        value,
      },
    );
  const files = async () => {
    const { stdout } = await machine.run([
      'bash',
      '-c',
      'cd /etc/bento && sha256sum [!r]* release.json && stat --format "%n %a %U %G" *',
    ]);
    return stdout;
  };
  /** A run that fails, and leaves everything as it was. */
  const failure = async () => {
    const before = await files();
    const { code, log } = await machine.refresh('--now');
    expect([code, log]).toEqual([1, expect.stringContaining('goes on with the secrets and settings that it has')]);
    expect(await files()).toBe(before);
    expect(log).not.toContain('canary');
    return log;
  };
  /** Vector starts again for each new secret, first of all. */
  const events = () => machine.events().filter((event) => !event.endsWith('bento-logs.service'));
  const restarts = (name: string) => [`stop bento-${name}.service`, `start bento-${name}.service`];

  test('looks, changes nothing, and looks again a day later', async () => {
    const before = await files();
    expect(await machine.refresh()).toEqual({ code: 0, log: expect.stringContaining('of now') as unknown });
    expect(await machine.refresh()).toEqual({ code: 0, log: '' });
    expect(events()).toEqual(['reload bento-postgresql.service']);
    await machine.run(['touch', '--date', '1 minute ago', '/run/bento-refresh/next']);
    expect((await machine.refresh()).log).toContain('of now');
    expect(events()).toEqual(['reload bento-postgresql.service']);
    expect(await files()).toBe(before);
  });

  test('takes a new key of the storage to every service that has one, and leaves the broker alone', async () => {
    await put('storage', key('NEW'));
    expect(await machine.refresh('--now')).toMatchObject({ code: 0 });
    expect(machine.events()).toEqual([
      // Before any service has it.
      ...restarts('logs'),
      'reload bento-postgresql.service',
      ...['executor@01', 'aux', 'api'].flatMap(restarts),
    ]);
    for (const service of ['api', 'agent-9301', 'agent-9092'])
      expect(machine.read(`/run/started/${service}.env`)).toContain('canary-NEW');
  });

  test('keeps secrets out of the log also where an earlier run ended before Vector read them', async () => {
    await machine.run(['touch', '/etc/bento/redacted.env']);
    expect(await machine.refresh('--now')).toMatchObject({ code: 0 });
    expect(machine.events()).toEqual([...restarts('logs'), 'reload bento-postgresql.service']);
  });

  test('takes new passwords without sending anybody away: Valkey knows the one of before as well', async () => {
    const [, old] = /^REDIS_URL="(.*)"$/m.exec(machine.read('/etc/bento/aux.env'))!;
    machine.write({ '/run/old': old! });
    // Who is connected stays so.
    const connected = machine.run([
      'bash',
      '-c',
      `(echo PING; sleep 20; echo PING) | ${cli} -u "$(sed 's/\\\\\\(.\\)/\\1/g' /run/old)"`,
    ]);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await put('valkey-password', 'canary-valkey-2');
    await put('database-password', 'canary-database-2');
    expect(await machine.refresh('--now')).toMatchObject({ code: 0 });
    expect(events()).toEqual(['reload bento-postgresql.service', ...['executor@01', 'aux', 'api'].flatMap(restarts)]);
    const { stdout } = await machine.run([
      'bash',
      '-c',
      `${cli} -u "$(sed 's/\\\\\\(.\\)/\\1/g' /run/old)" ping; ${cli} -a canary-valkey-2 ping; ${cli} -a canary-other ping 2>&1
. /etc/bento/api.env; /usr/local/lib/boundless/bin/postgresql/psql "$DATABASE_URL" -Atc 'SELECT 1'`,
    ]);
    expect(stdout).toMatch(/^PONG\nPONG\n[^]*NOAUTH[^]*\n1\n$/);
    expect((await connected).stdout).toBe('PONG\nPONG\n');
    expect(machine.read('/etc/bento/valkey.acl')).not.toContain('canary');
  });

  test('takes the second of two passwords, and goes on to know the one that provers have', async () => {
    await put('valkey-password', 'canary-valkey-3');
    await put('valkey-password', 'canary-valkey-4');
    expect(await machine.refresh('--now')).toMatchObject({ code: 0 });
    expect(events()).toEqual(['reload bento-postgresql.service', ...['executor@01', 'aux'].flatMap(restarts)]);
    const ping = [2, 3, 4].map((number) => `${cli} -a canary-valkey-${number} ping`).join('; ');
    expect((await machine.run(['bash', '-c', ping])).stdout).toBe('PONG\nPONG\nPONG\n');
  });

  test('does not try to give passwords to stores that do not run', async () => {
    await machine.run(['systemctl', 'stop', 'bento-valkey.service']);
    machine.events();
    expect(await failure()).toContain('bento-valkey.service does not run');
    expect(events()).toEqual([]);
    await machine.run(['systemctl', 'start', 'bento-valkey.service']);
    machine.events();
  });

  test('leaves the wallet to a person: a broker that falls must come back with the one that it had', async () => {
    const before = machine.read('/etc/bento/broker.env');
    await put('wallet-key', 'ab'.repeat(32));
    const { code, log } = await machine.refresh('--now');
    expect([code, log]).toEqual([0, expect.stringContaining('the wallet key is another one now')]);
    expect(machine.read('/etc/bento/broker.env')).toBe(before);
    await put('wallet-key', `0x${'ca'.repeat(32)}`);
    machine.events();
  });

  test('starts nothing that somebody has stopped', async () => {
    await machine.run(['systemctl', 'stop', 'bento-executor@01.service']);
    machine.events();
    await put('storage', key('NEXT'));
    expect(await machine.refresh('--now')).toMatchObject({ code: 0 });
    expect(events()).toEqual(['reload bento-postgresql.service', ...['aux', 'api'].flatMap(restarts)]);
    expect(machine.read('/etc/bento/executor.env')).toContain('canary-NEXT');
    await machine.run(['systemctl', 'start', 'bento-executor@01.service']);
    machine.events();
  });

  test('changes nothing for what is malformed, and looks again within an hour', async () => {
    await put('storage', '{"canary": 1}');
    expect(await failure()).toContain('is no JSON object with accessKeyId and secretAccessKey');
    expect(events()).toEqual([]);
    const { stdout } = await machine.run([
      'bash',
      '-c',
      'echo $(($(stat --format %Y /run/bento-refresh/next) - $(date +%s)))',
    ]);
    expect(Number(stdout)).toBeGreaterThan(3000);
    expect(Number(stdout)).toBeLessThanOrEqual(3600);
    await put('storage', key('NEXT'));
  });

  test('leaves executors as many as there are, and says how they become as many as the settings want', async () => {
    await machine.settings({ executors: 6 });
    const before = await files();
    expect(await machine.refresh('--now')).toEqual({
      code: 0,
      log: expect.stringContaining(
        'the settings want 6 executors, and 1 are here: run `systemctl start bento-configure`',
      ) as unknown,
    });
    // Six would price four orders at a time.
    expect(await files()).toBe(before);
    expect(events()).toEqual(['reload bento-postgresql.service']);
    await machine.settings({});
  });

  test('does not move to another bucket alone', async () => {
    await machine.settings({ bucket: 'somewhere-else' });
    expect(await failure()).toContain('the bucket is bento-storage, and is to be somewhere-else');
    await machine.settings({});
    expect(events()).toEqual([]);
  });

  test('puts back what does not work', async () => {
    await put('storage', key('BAD'));
    await put('database-password', 'canary-database-3');
    await machine.run(['bash', '-c', 'sed -i "2a [[ \\$S3_ACCESS_KEY != AKIABAD ]]" /usr/local/bin/bento-agent']);
    const log = await failure();
    expect(log).toContain('does not stay up');
    expect(machine.read('/etc/bento/aux.env')).toContain('canary-NEXT');
    const { stdout } = await machine.run([
      'bash',
      '-c',
      `. /etc/bento/api.env; /usr/local/lib/boundless/bin/postgresql/psql "$DATABASE_URL" -Atc 'SELECT 1'
for name in executor@01 aux api broker; do systemctl is-active bento-$name.service; echo $?; done`,
    ]);
    expect(stdout).toBe('1\n0\n0\n0\n0\n');
    await put('storage', key('NEXT'));
    machine.events();
  });

  describe('a broker that watches its configuration', () => {
    const values = (given: unknown) =>
      machine.aws(
        'boto3.client("ssm").put_parameter(Name=given["name"], Value=given["value"], Type="String", Overwrite=True)',
        { name: at('broker'), value: JSON.stringify(given) },
      );
    const looks = () => machine.read('/run/started/watched').trim().split('\n');
    const until = async (last: string) => {
      for (let tries = 0; tries < 600 && !looks().at(-1)!.startsWith(last); tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(looks().at(-1)).toMatch(new RegExp(`^${last} `));
    };
    let watching: ReturnType<Machine['asUser']>;
    beforeAll(async () => {
      machine.write({ '/run/started/watched': '\n' }, 0o666);
      watching = machine.asUser('bento', ['/usr/bin/python3', '-c', watcher]);
      await until('100');
    });
    afterAll(async () => {
      await values({});
      await machine.refresh('--now');
      watching.kill();
      machine.events();
    });

    test('sees each change, a longer and a shorter one, and what is put back', async () => {
      const { stdout: inode } = await machine.run(['stat', '--format', '%i', '/etc/bento/broker.toml']);
      for (const peak of [111, 2222, 3]) {
        await values({
          market: { peak_prove_khz: peak, cache_dir: `/var/lib/bento/broker/${'x'.repeat(peak % 2000)}` },
        });
        expect(await machine.refresh('--now')).toMatchObject({ code: 0 });
        await until(String(peak));
      }
      await values({ market: { peak_prove_khz: 4 } });
      await put('storage', key('BAD'));
      expect(await machine.refresh('--now')).toMatchObject({ code: 1 });
      await until('3');
      await put('storage', key('NEXT'));
      const seen = looks().map((line) => line.split(' ').map(Number));
      expect(seen.map(([peak]) => peak).filter((peak, index, all) => peak !== all[index - 1])).toEqual([
        100, 111, 2222, 3, 4, 3,
      ]);
      // Never shorter: an empty file would be one with all defaults.
      seen.forEach(([, size], index) => {
        if (index > 0) expect(size).toBeGreaterThanOrEqual(seen[index - 1]![1]!);
      });
      expect((await machine.run(['stat', '--format', '%i', '/etc/bento/broker.toml'])).stdout).toBe(inode);
    });

    test('is to be restarted for keys that it reads at its start, and the log has their names until then', async () => {
      const warning = 'the broker reads market.lookback_blocks, prover.status_poll_ms only as it starts';
      await values({ market: { lookback_blocks: 500, max_collateral: '7' }, prover: { status_poll_ms: 2000 } });
      expect(await machine.refresh('--now')).toMatchObject({
        code: 0,
        log: expect.stringContaining(warning) as unknown,
      });
      expect((await machine.refresh('--now')).log).toContain(warning);
      expect(events()).not.toContain('stop bento-broker.service');
      await machine.run(['systemctl', 'restart', 'bento-broker.service']);
      expect((await machine.refresh('--now')).log).not.toContain('as it starts');
    });
  });

  test('does nothing while the machine drains, or is being configured', async () => {
    machine.metadata({ 'autoscaling/target-lifecycle-state': 'Terminated' });
    expect(await machine.refresh('--now')).toEqual({
      code: 0,
      log: expect.stringContaining('nothing is refreshed: Auto Scaling ends this machine') as unknown,
    });
    machine.metadata({ 'autoscaling/target-lifecycle-state': 'InService' });
    const configuring = machine.run(['flock', '/etc/bento', 'sleep', '3']);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await machine.refresh('--now')).log).toContain('the machine is being configured');
    await configuring;
    expect(events()).toEqual([]);
  });
});

describeWith(tools, 'a prover that works', () => {
  let machine: Machine;
  let calls: string[] = [];
  const put = (name: string, value: string) =>
    machine.aws(
      'boto3.client("secretsmanager").put_secret_value(SecretId=given["name"], SecretString=given["value"])',
      {
        name: at(name),
        value,
      },
    );
  const bash = async (script: string) => {
    const { code, stdout, stderr } = await machine.run(['bash', '-euc', script]);
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  /** What the manager does, with the real stores that it has left running here. */
  const managerTakes = async (database: string, valkey: string, before: string) => {
    const sql = `ALTER ROLE bento PASSWORD '${database}'`;
    await bash(`setpriv --reuid=postgres --clear-groups /usr/local/lib/boundless/bin/postgresql/psql -h /run/bento-postgresql -U postgres -c "${sql}"
${cli} -a '${before}' ACL SETUSER default resetpass '>${valkey}' '>${before}'`);
  };
  const agents = [0, 1].flatMap((gpu) => [`stop bento-prover@${gpu}.service`, `start bento-prover@${gpu}.service`]);
  const events = () => machine.events().filter((event) => !event.endsWith('bento-logs.service'));
  const environment = () => machine.read('/etc/bento/prover.env');

  beforeAll(async () => {
    machine = await startMachine('manager', { image: 'bento' });
    await machine.secrets({ 'database-password': "database-1~$x'&;!*+,=", 'valkey-password': 'valkey-1' });
    expect(await machine.configure()).toMatchObject({ code: 0 });
    await bash(
      'systemctl stop bento-refresh.timer bento-manager.target; systemctl start bento-postgresql.service bento-valkey.service',
    );
    machine.metadata({ 'tags/instance/Role': 'prover' });
  });
  afterAll(() => machine.close());
  afterEach(() => {
    expect(machine.calls()).toEqual(calls);
  });

  test('starts with the passwords that the manager has, before that one has taken the new ones', async () => {
    await put('database-password', 'database-2');
    await put('valkey-password', 'valkey-2');
    const { code, log } = await machine.configure();
    expect([code, log]).toEqual([
      0,
      expect.stringContaining('Valkey of the manager does not have the new password yet'),
    ]);
    expect(environment()).toMatch(/database-1[^]*valkey-1/);
    expect(events()).toContain('start bento-refresh.timer');
    calls = machine.calls();
  });

  test('keeps them while it looks, and asks no more than the manager on most of its turns', async () => {
    expect(await machine.refresh()).toMatchObject({ code: 0, log: expect.stringContaining('taken later') as unknown });
    expect(await machine.refresh()).toEqual({ code: 0, log: '' });
    expect(environment()).toMatch(/database-1[^]*valkey-1/);
    expect(events()).toEqual([]);
  });

  test('takes the new ones on its next turn, once the manager refuses those of before', async () => {
    await managerTakes('database-2', 'valkey-2', 'valkey-1');
    expect(await machine.refresh()).toMatchObject({ code: 0, log: expect.stringContaining('of now') as unknown });
    expect(environment()).toMatch(/database-2[^]*valkey-2/);
    expect(events()).toEqual(agents);
    expect(await machine.refresh()).toEqual({ code: 0, log: '' });
  });

  test('takes a new key of the storage with its daily look', async () => {
    await put('storage', key('NEW'));
    expect(await machine.refresh()).toEqual({ code: 0, log: '' });
    expect(await machine.refresh('--now')).toMatchObject({ code: 0 });
    expect(events()).toEqual(agents);
    expect(machine.read('/run/started/agent-9100.env')).toContain('canary-NEW');
  });

  test('keeps what it has where the manager takes no password at all', async () => {
    await managerTakes('somebodys', 'valkey-2', 'valkey-1');
    const before = environment();
    const { code, log } = await machine.refresh();
    expect([code, log]).toEqual([1, expect.stringMatching(/PostgreSQL of the manager .* takes none of the passwords/)]);
    expect([environment(), events()]).toEqual([before, []]);
    await managerTakes('database-2', 'valkey-2', 'valkey-1');
  });

  test('stops at the first agent that does not come back, and puts back what it had', async () => {
    await put('storage', key('BAD'));
    const agent = machine.read('/usr/local/bin/bento-agent');
    machine.write(
      { '/usr/local/bin/bento-agent': agent.replace('exec sleep', '[[ $S3_ACCESS_KEY != AKIABAD ]]\nexec sleep') },
      0o755,
    );
    const before = environment();
    const { code, log } = await machine.refresh('--now');
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
    await machine.settings({ managerAddress: '127.0.0.8' });
    const { code, log } = await machine.refresh('--now');
    expect([code, log]).toEqual([1, expect.stringContaining('the manager is at 127.0.0.9, and is to be at 127.0.0.8')]);
    expect(events()).toEqual([]);
    await machine.settings({});
  });

  test('without its manager keeps the passwords, and still takes a key of the storage', async () => {
    await bash('systemctl stop bento-postgresql.service bento-valkey.service');
    await put('database-password', 'database-3');
    await put('storage', key('LATER'));
    machine.write({ '/usr/local/bin/bento-agent': '#!/bin/sh\nexec sleep infinity\n' }, 0o755);
    machine.events();
    expect(await machine.refresh()).toEqual({ code: 0, log: '' });
    expect(await machine.refresh('--now')).toMatchObject({ code: 0 });
    expect(environment()).toMatch(/database-2[^]*canary-LATER[^]*valkey-2/);
    expect(events()).toEqual(agents);
  });
});
