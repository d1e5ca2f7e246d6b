import { describeWith } from '../../support/tools';
import { startInstance, tools, type Instance } from './instance';
import { taskdb } from './taskdb';

jest.setTimeout(120_000);

const lost = 'the tasks of this job were lost when the database ended';

describeWith(tools, 'the task database of a manager', () => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await startInstance('manager');
    expect(await instance.configure()).toMatchObject({ code: 0 });
    await psql(taskdb);
  });
  afterAll(() => instance.close());

  const bash = async (script: string) => {
    const { code, stdout, stderr } = await instance.run(['bash', '-euc', `cd /; ${script}`]);
    if (code !== 0) throw new Error(stdout + stderr);
    return (stdout + stderr).trim();
  };
  const asBento = 'setpriv --reuid=bento --regid=bento --clear-groups';
  /** As the user that owns the tables. */
  const psql = async (sql: string) => {
    instance.write({ '/run/sql': sql });
    return bash(
      `${asBento} /usr/local/lib/boundless/bin/postgresql/psql --no-psqlrc --quiet --tuples-only --no-align` +
        ' --host /run/bento-postgresql --dbname taskdb --set ON_ERROR_STOP=1 --file /run/sql',
    );
  };
  /** An immediate stop, as of an instance that ends: nothing is written any more. The server's own shell has its process id. */
  const crash = async () => {
    instance.write({ '/run/crash.sql': "COPY (SELECT 1) TO PROGRAM 'kill -QUIT $(head -n 1 postmaster.pid)'" });
    await bash(`setpriv --reuid=postgres --regid=postgres --clear-groups \
  /usr/local/lib/boundless/bin/postgresql/psql --no-psqlrc --host /run/bento-postgresql --file /run/crash.sql || true
for try in {1..600}; do
  if ! systemctl is-active bento-postgresql.service; then exec systemctl start bento-postgresql.service; fi
  sleep 0.1
done
exit 1`);
  };
  const persistence = () =>
    psql(
      "SELECT relname::text || relpersistence::text FROM pg_class WHERE relname IN ('streams', 'tasks', 'task_deps') ORDER BY 1",
    );
  const logged = 'streamsp\ntask_depsp\ntasksp';
  const counts = () =>
    psql(
      "SELECT (SELECT count(*) FROM jobs) || ' ' || (SELECT count(*) FROM tasks) || ' ' ||" +
        " (SELECT count(*) FROM task_deps) || ' ' || (SELECT count(*) FROM streams)",
    );
  const apiStarts = () => bash(`${asBento} /usr/local/lib/boundless/await-migrations.sh`);
  /** A job with two tasks of a stream of its own. */
  const job = (state: string, days: number, number = 1) =>
    psql(`
WITH stream AS (INSERT INTO streams (worker_type, reserved, be_mult, user_id) VALUES ('prove', 0, 1, 'a') RETURNING id),
made AS (INSERT INTO jobs (state, user_id) SELECT '${state}', 'a' FROM generate_series(1, ${number}) RETURNING id),
tasks AS (INSERT INTO tasks (job_id, task_id, stream_id, task_def, prerequisites, state, waiting_on, timeout_secs,
  created_at, updated_at)
  SELECT made.id, task, stream.id, '{}', '[]', '${state}', 0, 1, now() AT TIME ZONE 'UTC' - interval '99 days',
    now() AT TIME ZONE 'UTC' - interval '${days} days'
  FROM made, stream, unnest(ARRAY['init', 'next']) task RETURNING job_id)
INSERT INTO task_deps SELECT id, 'init', 'next' FROM made`);
  const empty = () => psql('DELETE FROM task_deps; DELETE FROM tasks; DELETE FROM jobs; DELETE FROM streams');

  test('loses all tasks in a crash as upstream makes it, and their jobs fail with a reason', async () => {
    await job('running', 0, 2);
    await job('done', 0);
    expect(await persistence()).toBe('streamsu\ntask_depsu\ntasksu');
    await crash();
    expect(await psql("SELECT state || ' ' || coalesce(error, '') FROM jobs ORDER BY state")).toBe(
      `done \nfailed ${lost}\nfailed ${lost}`,
    );
    // What the API answers with.
    expect(await psql("SELECT error FROM tasks WHERE state = 'failed' AND error <> ''")).toBe(`${lost}\n${lost}`);
    // As those of an API that creates them when it lacks them.
    expect(await psql("SELECT worker_type || ' ' || user_id || ' ' || reserved FROM streams")).toBe('aux a 0');
  });

  test('keeps them once an API has started after the migrations', async () => {
    await empty();
    await psql('ALTER TABLE task_deps SET UNLOGGED; ALTER TABLE tasks SET UNLOGGED; ALTER TABLE streams SET UNLOGGED');
    await apiStarts();
    expect(await persistence()).toBe(logged);
    await job('running', 0, 3);
    const before = await counts();
    expect(before).toBe('3 6 3 1');
    await crash();
    expect([await counts(), await psql('SELECT DISTINCT state FROM jobs')]).toEqual([before, 'running']);
  });

  test('keeps them from each start of PostgreSQL on, in a database of an older image as well', async () => {
    await psql('ALTER TABLE task_deps SET UNLOGGED; ALTER TABLE tasks SET UNLOGGED; ALTER TABLE streams SET UNLOGGED');
    await bash('systemctl restart bento-postgresql.service');
    expect(await persistence()).toBe(logged);
    await crash();
    expect(await counts()).toBe('3 6 3 1');
  });

  test('is left as it is by all further starts', async () => {
    const files = () => psql("SELECT pg_relation_filepath('tasks'), pg_relation_filepath('streams')");
    const before = await files();
    await apiStarts();
    await bash('systemctl restart bento-postgresql.service');
    expect([await files(), await counts()]).toEqual([before, '3 6 3 1']);
  });

  test('is not cleaned by Bento itself, whose releases differ in whether that can be turned off', async () => {
    await empty();
    await job('done', 0);
    await psql("INSERT INTO streams (worker_type, reserved, be_mult, user_id) VALUES ('exec', 0, 1, 'b')");
    const before = await counts();
    expect(await psql('SELECT clear_completed_jobs()')).toBe('0');
    expect(await counts()).toBe(before);
  });

  describe('whose owner is each prover as well, and may put anything there,', () => {
    /** Bento's own table and trigger, for whom the superuser would call a function of the owner. */
    const forSuperuser = String.raw`
CREATE FUNCTION trap.seize() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN
  IF current_setting('is_superuser') = 'on' THEN EXECUTE 'ALTER ROLE bento SUPERUSER'; END IF;
  RETURN 5;
END $$;
ALTER TABLE _sqlx_migrations SET SCHEMA trap;
CREATE VIEW _sqlx_migrations AS SELECT trap.seize() AS version, true AS success;
CREATE FUNCTION trap.seize_for_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.seize(); RETURN NEW; END $$;
CREATE TRIGGER trap BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION trap.seize_for_job();
INSERT INTO jobs (state, user_id) VALUES ('running', 'a')`;
    /** A count in the place of PostgreSQL's own, which bash would evaluate as arithmetic, and run as a command. */
    const forBash = String.raw`
CREATE FUNCTION trap.same(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
CREATE AGGREGATE trap.count(*) (SFUNC = trap.same, STYPE = text, INITCOND = 'SECONDS[$(id --user --name >>/tmp/trapped)]');
ALTER DATABASE taskdb SET search_path = trap, pg_catalog, public`;

    beforeEach(() => psql('CREATE SCHEMA trap'));
    afterEach(() => psql('ALTER DATABASE taskdb RESET search_path; DROP SCHEMA trap CASCADE'));

    test.each(['reload', 'restart'])('PostgreSQL is not taken over at a %s', async (how) => {
      await psql(forSuperuser);
      await bash(`systemctl ${how} bento-postgresql.service`);
      await psql('DROP VIEW _sqlx_migrations; ALTER TABLE trap._sqlx_migrations SET SCHEMA public');
      expect(await psql('SELECT rolname FROM pg_roles WHERE rolsuper')).toBe('postgres');
    });

    test('a table that an operator made there as the superuser holds nothing up', async () => {
      const asSuperuser = (sql: string) =>
        bash(`setpriv --reuid=postgres --regid=postgres --clear-groups /usr/local/lib/boundless/bin/postgresql/psql \
  --no-psqlrc --quiet --host /run/bento-postgresql --dbname taskdb --command '${sql}'`);
      await asSuperuser('CREATE TABLE kept ()');
      await bash('systemctl reload bento-postgresql.service');
      await asSuperuser('DROP TABLE kept');
    });

    test.each([
      ['await-migrations.sh', 'no agent has brought the database to migration 5'],
      ['delete-done-jobs.sh', 'which is no number'],
    ])('%s runs no command that stands in it', async (program, reason) => {
      await bash('chmod 1777 /tmp; rm -f /tmp/trapped');
      await psql(forBash);
      const ran = await bash(`${asBento} env WITHIN_S=0 /usr/local/lib/boundless/${program} 2>&1 || true`);
      expect([await bash('cat /tmp/trapped 2>/dev/null || true'), ran]).toEqual(['', expect.stringContaining(reason)]);
    });
  });

  describe('of which done jobs are deleted by age', () => {
    const deletes = (env = '') => bash(`${asBento} env ${env} /usr/local/lib/boundless/delete-done-jobs.sh`);
    beforeEach(empty);

    test('after a week, and no stream with them', async () => {
      await job('done', 8);
      await job('done', 6);
      await job('running', 8);
      await job('failed', 8);
      // It came from a database that lost its tasks: its result is in the bucket.
      await psql("INSERT INTO jobs (state, user_id) VALUES ('done', 'a')");
      expect(await deletes()).toBe('deleted 2 jobs that had been done for 7 days');
      expect(await counts()).toBe('3 6 3 4');
      expect(await psql('SELECT state FROM jobs ORDER BY state')).toBe('running\ndone\nfailed');
      expect(await deletes()).toBe('');
    });

    test('all of them, in transactions that hold nothing up', async () => {
      await job('done', 30, 450);
      await job('done', 0, 3);
      expect(await deletes()).toBe('deleted 450 jobs that had been done for 7 days');
      expect(await counts()).toBe('3 6 3 2');
    });

    test('while an executor plans a job whose streams no task refers to', async () => {
      await job('done', 8);
      const [stream, running] = (
        await psql(`SELECT id FROM streams; INSERT INTO jobs (state, user_id) VALUES ('running', 'a') RETURNING id`)
      ).split('\n');
      await deletes();
      await psql(
        `INSERT INTO tasks (job_id, task_id, stream_id, task_def, prerequisites, state, waiting_on, timeout_secs)
          VALUES ('${running!}', 'init', '${stream!}', '{}', '[]', 'ready', 0, 1)`,
      );
      expect(await counts()).toBe('1 1 0 1');
    });

    test('by the unit of the timer', async () => {
      await job('done', 8);
      await bash('systemctl start bento-cleanup.service');
      expect(await counts()).toBe('0 0 0 1');
    });

    test('by a number of days, and nothing else', async () => {
      await expect(deletes('AFTER_DAYS=week')).rejects.toThrow("AFTER_DAYS is 'week', which is no number of days");
    });
  });
});
