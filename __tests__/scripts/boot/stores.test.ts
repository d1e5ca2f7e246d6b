import { describeWith } from '../../support/tools';
import { secretsOf, startInstance, tools, type Instance } from './instance';

jest.setTimeout(120_000);

describeWith(tools, 'the stores of a manager', () => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await startInstance('manager');
    const { code, log } = await instance.configure();
    expect([code, log]).toEqual([0, expect.stringContaining('no data volume: orders, tasks and files of Bento end')]);
    // An address of the cluster's network, and one of nobody's.
    await instance.run(['bash', '-c', 'ip address add 10.20.1.2/32 dev lo; ip address add 192.0.2.2/32 dev lo']);
  });
  afterAll(() => instance.close());

  const bash = async (script: string, env: Readonly<Record<string, string>> = {}) => {
    const { code, stdout, stderr } = await instance.run(['bash', '-uc', `cd /; ${script}`], env);
    return { code, output: (stdout + stderr).trim() };
  };
  const psql = '/usr/local/lib/boundless/bin/postgresql/psql --no-psqlrc --tuples-only --no-align';
  const cli = '/usr/local/lib/boundless/bin/valkey-cli --no-auth-warning';
  const as = (user: string) => `setpriv --reuid=${user} --regid=${user} --clear-groups`;
  const asSuperuser = (sql: string) =>
    bash(`${as('postgres')} ${psql} --host /run/bento-postgresql --dbname taskdb --command "${sql}"`);
  const urls = '. /etc/bento/aux.env';

  describe('PostgreSQL', () => {
    test('is reached with the password, whatever characters it has', async () => {
      expect(
        await bash(`${urls}; ${psql} "$DATABASE_URL" --command "SELECT current_user, current_database()"`),
      ).toEqual({
        code: 0,
        output: 'bento|taskdb',
      });
    });

    test.each([
      ['another password', 'bento', 'wrong', '127.0.0.1', /password authentication failed/],
      ['none', 'bento', '', '127.0.0.1', /password/],
      ['another user', 'postgres', 'wrong', '127.0.0.1', /no pg_hba.conf entry|password authentication failed/],
    ])('is not with %s', async (_, user, password, host, output) => {
      const tried = await bash(`${psql} --no-password "host=${host} user=${user} dbname=taskdb" --command "SELECT 1"`, {
        PGPASSWORD: password,
      });
      expect([tried.code, tried.output]).toEqual([2, expect.stringMatching(output)]);
    });

    test('keeps the password as SCRAM only, and out of its log', async () => {
      expect((await asSuperuser("SELECT rolpassword FROM pg_authid WHERE rolname = 'bento'")).output).toMatch(
        /^SCRAM-SHA-256\$/,
      );
      expect(instance.read('/run/journal/bento-postgresql.service.log')).not.toContain('canary');
    });

    test('serves the networks of the VPC, for one user and one database, and nobody else', async () => {
      const rules = await asSuperuser('SELECT type, database, user_name, address, auth_method FROM pg_hba_file_rules');
      expect(rules.output.split('\n')).toEqual([
        'local|{taskdb}|{bento}||peer',
        'local|{all}|{all}||peer',
        'host|{taskdb}|{bento}|127.0.0.1|scram-sha-256',
        'host|{taskdb}|{bento}|10.20.0.0|scram-sha-256',
        'host|{taskdb}|{bento}|127.0.0.0|scram-sha-256',
      ]);
    });

    test('the socket knows users of this instance by themselves', async () => {
      const query = `${psql} --host /run/bento-postgresql --dbname taskdb --command "SELECT current_user"`;
      expect(await bash(`${as('bento')} ${query}`)).toEqual({ code: 0, output: 'bento' });
      expect(await bash(`${as('bento-api')} ${query} --username bento`)).toEqual({ code: 0, output: 'bento' });
      for (const user of ['bento-aux', 'bento-executor', 'bento-broker', 'bento-smoke'])
        expect((await bash(`${as(user)} ${query} --username bento`)).output).toContain('Peer authentication failed');
      expect((await bash(`${as('bento')} ${query} --username postgres`)).output).toContain(
        'Peer authentication failed',
      );
    });

    test('has room for a hundred provers of eight GPUs, and checksums', async () => {
      expect((await asSuperuser('SHOW max_connections')).output).toBe('1000');
      expect((await asSuperuser('SHOW data_checksums')).output).toBe('on');
    });
  });

  describe('Valkey', () => {
    test('is reached with the password, whatever characters it has', async () => {
      expect(await bash(`${urls}; ${cli} -u "$REDIS_URL" ping`)).toEqual({ code: 0, output: 'PONG' });
    });

    test('is not without, or with another', async () => {
      expect((await bash(`${cli} ping`)).output).toContain('NOAUTH');
      expect((await bash(`${cli} -a wrong ping`)).output).toContain('WRONGPASS');
    });

    const agent = (command: string) => bash(`${urls}; ${cli} -u "$REDIS_URL" ${command}`);

    // docs/facts/bento.md#commands-of-agents
    test.each([
      ['set one 1', 'OK'],
      ['setex two 60 2', 'OK'],
      ['get one', '1'],
      ['mget one two', '1\n2'],
      ["scan 0 match 't*'", '0\ntwo'],
      ['unlink one', '1'],
      ['del two', '1'],
      ['unwatch', 'OK'],
      ['client setinfo lib-name redis-rs', ''],
      ['acl load', 'OK'],
    ])('lets agents %s', async (command, output) => {
      const { output: answered } = await agent(command);
      expect(answered).not.toContain('NOPERM');
      if (output !== '') expect(answered).toBe(output);
    });

    test.each([
      "keys '*'",
      'flushall',
      'config get bind',
      'config set maxmemory-policy allkeys-lru',
      'acl list',
      'acl setuser x on nopass +@all',
      'shutdown nosave',
      'save',
      'replicaof 192.0.2.1 6379',
      'module list',
      'eval "return 1" 0',
      'client list',
      'client kill type normal',
      'monitor',
      'subscribe x',
      'info',
    ])('denies %s to agents', async (command) => {
      expect((await agent(command)).output).toContain('NOPERM');
    });

    test('evicts nothing, and keeps what it has over a restart', async () => {
      expect((await bash(`${cli} --user bento-queue --pass none info memory`)).output).toContain(
        'maxmemory_policy:noeviction',
      );
      await bash(`${urls}; ${cli} -u "$REDIS_URL" set segment value`);
      await instance.run(['systemctl', 'restart', 'bento-valkey.service']);
      expect((await bash(`${urls}; ${cli} -u "$REDIS_URL" get segment`)).output).toBe('value');
    });

    test('listens on loopback and the addresses of the manager only', async () => {
      for (const host of ['127.0.0.1', '127.0.0.2', '127.0.0.9'])
        expect((await bash(`${cli} -h ${host} ping`)).output).toContain('NOAUTH');
      expect((await bash(`${cli} -h 192.0.2.2 ping`)).output).toContain('Connection refused');
    });
  });

  describe('another image on the same data', () => {
    const restarted = async () => {
      const { code } = await instance.run(['systemctl', 'restart', 'bento-postgresql.service']);
      return { code, output: instance.read('/run/journal/bento-postgresql.service.log').trim().split('\n').at(-1) };
    };

    test('with an older Bento: refused, since its agents would not start', async () => {
      await asSuperuser('INSERT INTO _sqlx_migrations VALUES (6, true)');
      const stopped = await instance.run(['systemctl', 'restart', 'bento-postgresql.service']);
      expect(stopped.code).toBe(1);
      expect(instance.read('/run/journal/bento-postgresql.service.log')).toContain(
        'the database has migration 6, and this release knows 5 at most: start an image with the newer Bento again',
      );
      instance.write({ '/etc/bento/migration': '6\n' });
      expect(await restarted()).toMatchObject({ code: 0 });
      await asSuperuser('DELETE FROM _sqlx_migrations WHERE version = 6');
      instance.write({ '/etc/bento/migration': '5\n' });
    });

    test('with another PostgreSQL: refused, and nothing is touched', async () => {
      const version = '/var/lib/bento/postgresql/data/PG_VERSION';
      const real = instance.read(version);
      instance.write({ [version]: '9\n' });
      expect(await restarted()).toMatchObject({
        code: 1,
        output: expect.stringContaining('the database is of PostgreSQL 9') as string,
      });
      expect(instance.read(version)).toBe('9\n');
      instance.write({ [version]: real });
      expect(await restarted()).toMatchObject({ code: 0 });
    });

    test('files that were made half are made again, and no others', async () => {
      await instance.run(['systemctl', 'stop', 'bento-postgresql.service']);
      const folder = '/var/lib/bento/postgresql';
      await bash(
        `mv ${folder}/data ${folder}/kept; mkdir ${folder}/new; touch ${folder}/new/PG_VERSION; chown -R postgres ${folder}/new`,
      );
      expect(await restarted()).toMatchObject({ code: 0 });
      await instance.run(['systemctl', 'stop', 'bento-postgresql.service']);
      await bash(`rm ${folder}/data/PG_VERSION`);
      expect(await restarted()).toMatchObject({
        code: 1,
        output: expect.stringContaining('is no database, and is not touched') as string,
      });
      await bash(`rm -r ${folder}/data; mv ${folder}/kept ${folder}/data`);
      expect(await restarted()).toMatchObject({ code: 0 });
    });
  });

  test('an API does not start before an agent has migrated', async () => {
    await instance.run(['systemctl', 'stop', 'bento-api.service']);
    await asSuperuser('DELETE FROM _sqlx_migrations WHERE version = 5');
    await instance.run(['bash', '-c', 'echo Environment=WITHIN_S=2 >>/etc/systemd/system/bento-api.service']);
    expect(await instance.run(['systemctl', 'start', 'bento-api.service'])).toMatchObject({ code: 1 });
    expect(instance.read('/run/journal/bento-api.service.log')).toContain(
      'no agent has brought the database to migration 5 within 2 s',
    );
    await asSuperuser('INSERT INTO _sqlx_migrations VALUES (5, true)');
    expect(await instance.run(['systemctl', 'start', 'bento-api.service'])).toMatchObject({ code: 0 });
  });

  test('its secrets are the ones of this test', () => {
    expect(instance.read('/etc/bento/database-password')).toBe(secretsOf['database-password']);
  });
});
