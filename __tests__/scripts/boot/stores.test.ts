import { describeWith } from '../../support/tools';
import { secretsOf, startMachine, tools, type Machine } from './machine';

jest.setTimeout(120_000);

describeWith(tools, 'the stores of a manager', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine('manager');
    const { code, log } = await machine.configure();
    expect([code, log]).toEqual([0, expect.stringContaining('no data volume: orders, tasks and files of Bento end')]);
    // An address of the cluster's network, and one of nobody's.
    await machine.run(['bash', '-c', 'ip address add 10.20.1.2/32 dev lo; ip address add 192.0.2.2/32 dev lo']);
  });
  afterAll(() => machine.close());

  const bash = async (script: string, env: Readonly<Record<string, string>> = {}) => {
    const { code, stdout, stderr } = await machine.run(['bash', '-uc', `cd /; ${script}`], env);
    return { code, said: (stdout + stderr).trim() };
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
        said: 'bento|taskdb',
      });
    });

    test.each([
      ['another password', 'bento', 'wrong', '127.0.0.1', /password authentication failed/],
      ['none', 'bento', '', '127.0.0.1', /password/],
      ['another user', 'postgres', 'wrong', '127.0.0.1', /no pg_hba.conf entry|password authentication failed/],
    ])('is not with %s', async (_, user, password, host, said) => {
      const tried = await bash(`${psql} --no-password "host=${host} user=${user} dbname=taskdb" --command "SELECT 1"`, {
        PGPASSWORD: password,
      });
      expect([tried.code, tried.said]).toEqual([2, expect.stringMatching(said)]);
    });

    test('keeps the password as SCRAM only, and out of its log', async () => {
      expect((await asSuperuser("SELECT rolpassword FROM pg_authid WHERE rolname = 'bento'")).said).toMatch(
        /^SCRAM-SHA-256\$/,
      );
      expect(machine.read('/run/journal/bento-postgresql.service.log')).not.toContain('canary');
    });

    test('serves the networks of the VPC, for one user and one database, and nobody else', async () => {
      const rules = await asSuperuser('SELECT type, database, user_name, address, auth_method FROM pg_hba_file_rules');
      expect(rules.said.split('\n')).toEqual([
        'local|{all}|{all}||peer',
        'host|{taskdb}|{bento}|127.0.0.1|scram-sha-256',
        'host|{taskdb}|{bento}|10.20.0.0|scram-sha-256',
        'host|{taskdb}|{bento}|127.0.0.0|scram-sha-256',
      ]);
    });

    test('the socket knows users of this machine by themselves', async () => {
      const query = `${psql} --host /run/bento-postgresql --dbname taskdb --command "SELECT current_user"`;
      expect(await bash(`${as('bento')} ${query}`)).toEqual({ code: 0, said: 'bento' });
      expect((await bash(`${as('bento')} ${query} --username postgres`)).said).toContain('Peer authentication failed');
    });

    test('has room for a hundred provers of eight GPUs, and checksums', async () => {
      expect((await asSuperuser('SHOW max_connections')).said).toBe('1000');
      expect((await asSuperuser('SHOW data_checksums')).said).toBe('on');
    });
  });

  describe('Valkey', () => {
    test('is reached with the password, whatever characters it has', async () => {
      expect(await bash(`${urls}; ${cli} -u "$REDIS_URL" ping`)).toEqual({ code: 0, said: 'PONG' });
    });

    test('is not without, or with another', async () => {
      expect((await bash(`${cli} ping`)).said).toContain('NOAUTH');
      expect((await bash(`${cli} -a wrong ping`)).said).toContain('WRONGPASS');
    });

    test('evicts nothing, and keeps what it has over a restart', async () => {
      expect((await bash(`${urls}; ${cli} -u "$REDIS_URL" config get maxmemory-policy`)).said).toContain('noeviction');
      await bash(`${urls}; ${cli} -u "$REDIS_URL" set segment value`);
      await machine.run(['systemctl', 'restart', 'bento-valkey.service']);
      expect((await bash(`${urls}; ${cli} -u "$REDIS_URL" get segment`)).said).toBe('value');
    });

    test('listens on loopback and the addresses of the manager only', async () => {
      const bound = (await bash(`${urls}; ${cli} -u "$REDIS_URL" config get bind`)).said;
      expect(bound).toBe('bind\n127.0.0.1 127.0.0.2 127.0.0.9');
      expect((await bash(`${cli} -h 192.0.2.2 ping`)).said).toContain('Connection refused');
    });
  });

  describe('another image on the same data', () => {
    const restarted = async () => {
      const { code } = await machine.run(['systemctl', 'restart', 'bento-postgresql.service']);
      return { code, said: machine.read('/run/journal/bento-postgresql.service.log').trim().split('\n').at(-1) };
    };

    test('with an older Bento: refused, since its agents would not start', async () => {
      await asSuperuser('INSERT INTO _sqlx_migrations VALUES (6, true)');
      const stopped = await machine.run(['systemctl', 'restart', 'bento-postgresql.service']);
      expect(stopped.code).toBe(1);
      expect(machine.read('/run/journal/bento-postgresql.service.log')).toContain(
        'the database has migration 6, and this release knows 5 at most: start an image with the newer Bento again',
      );
      machine.write({ '/etc/bento/migration': '6\n' });
      expect(await restarted()).toMatchObject({ code: 0 });
      await asSuperuser('DELETE FROM _sqlx_migrations WHERE version = 6');
      machine.write({ '/etc/bento/migration': '5\n' });
    });

    test('with another PostgreSQL: refused, and nothing is touched', async () => {
      const version = '/var/lib/bento/postgresql/data/PG_VERSION';
      const real = machine.read(version);
      machine.write({ [version]: '9\n' });
      expect(await restarted()).toMatchObject({
        code: 1,
        said: expect.stringContaining('the database is of PostgreSQL 9') as string,
      });
      expect(machine.read(version)).toBe('9\n');
      machine.write({ [version]: real });
      expect(await restarted()).toMatchObject({ code: 0 });
    });

    test('files that were made half are made anew, and no others', async () => {
      await machine.run(['systemctl', 'stop', 'bento-postgresql.service']);
      const folder = '/var/lib/bento/postgresql';
      await bash(
        `mv ${folder}/data ${folder}/kept; mkdir ${folder}/new; touch ${folder}/new/PG_VERSION; chown -R postgres ${folder}/new`,
      );
      expect(await restarted()).toMatchObject({ code: 0 });
      await machine.run(['systemctl', 'stop', 'bento-postgresql.service']);
      await bash(`rm ${folder}/data/PG_VERSION`);
      expect(await restarted()).toMatchObject({
        code: 1,
        said: expect.stringContaining('is no database, and is not touched') as string,
      });
      await bash(`rm -r ${folder}/data; mv ${folder}/kept ${folder}/data`);
      expect(await restarted()).toMatchObject({ code: 0 });
    });
  });

  test('an API does not start before an agent has migrated', async () => {
    await machine.run(['systemctl', 'stop', 'bento-api.service']);
    await asSuperuser('DELETE FROM _sqlx_migrations WHERE version = 5');
    await machine.run(['bash', '-c', 'echo Environment=WITHIN_S=2 >>/etc/systemd/system/bento-api.service']);
    expect(await machine.run(['systemctl', 'start', 'bento-api.service'])).toMatchObject({ code: 1 });
    expect(machine.read('/run/journal/bento-api.service.log')).toContain(
      'no agent has brought the database to migration 5 within 2 s',
    );
    await asSuperuser('INSERT INTO _sqlx_migrations VALUES (5, true)');
    expect(await machine.run(['systemctl', 'start', 'bento-api.service'])).toMatchObject({ code: 0 });
  });

  test('its secrets are the ones of this test', () => {
    expect(machine.read('/etc/bento/database-password')).toBe(secretsOf['database-password']);
  });
});
