import { instanceMetricNamespace, queueMetrics, valkeyMetrics } from '../../../config/names';
import { describeWith } from '../../support/tools';
import { startInstance, tools, type Instance } from './instance';

jest.setTimeout(120_000);

const unit = 'bento-queue.service';
const user = 'bento-queue';

/** What Bento's taskdb has of what is measured, and of what `taskdb.sql` changes at a start of PostgreSQL, by its migrations 1 to 5; its tables are made by its agents. */
const schema = `
CREATE TYPE job_state AS ENUM ('running', 'done', 'failed');
CREATE TYPE task_state AS ENUM ('pending', 'ready', 'running', 'done', 'failed');
CREATE TABLE streams (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), worker_type text NOT NULL, user_id text NOT NULL,
  ready integer NOT NULL DEFAULT 0, running integer NOT NULL DEFAULT 0, reserved integer, be_mult double precision);
CREATE TABLE jobs (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), state job_state NOT NULL, user_id text NOT NULL,
  error text);
CREATE TABLE tasks (job_id uuid NOT NULL REFERENCES jobs, task_id text NOT NULL, stream_id uuid NOT NULL REFERENCES streams,
  state task_state NOT NULL, created_at timestamp NOT NULL DEFAULT now(), started_at timestamp, updated_at timestamp,
  task_def jsonb, prerequisites jsonb, waiting_on integer, timeout_secs integer, error text, PRIMARY KEY (job_id, task_id));
CREATE TABLE task_deps (job_id uuid NOT NULL REFERENCES jobs, pre_task_id text NOT NULL, post_task_id text NOT NULL);
CREATE FUNCTION clear_tasks() RETURNS integer AS 'DELETE FROM task_deps; DELETE FROM tasks; SELECT 1' LANGUAGE sql;
INSERT INTO streams (worker_type, user_id)
  SELECT kind, person FROM unnest(ARRAY['aux', 'exec', 'prove', 'coproc', 'join']) kind, unnest(ARRAY['a', 'b']) person;
INSERT INTO jobs (state, user_id) VALUES ('running', 'a'), ('failed', 'b');`;

interface Task {
  readonly stream?: string;
  readonly user?: string;
  readonly state: string;
  /** Minutes since it was made, and since it was last changed. */
  readonly made?: number;
  readonly changed?: number;
  /** Numbers of tasks that it needs. */
  readonly needs?: readonly number[];
}

describeWith(tools, 'the queue of a manager', () => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await startInstance('manager');
    expect(await instance.configure()).toMatchObject({ code: 0 });
    const settings = Object.entries(instance.environment).filter(([name]) => name.startsWith('AWS_'));
    const file = `/etc/systemd/system/${unit}`;
    instance.write({
      [file]: instance.read(file) + settings.map(([name, value]) => `Environment=${name}=${value}\n`).join(''),
    });
    await asBento(schema);
  });
  afterAll(() => instance.close());

  const bash = async (script: string) => {
    const { code, stdout, stderr } = await instance.run(['bash', '-euc', `cd /; ${script}`]);
    return { code, output: (stdout + stderr).trim() };
  };
  const psql = '/usr/local/lib/boundless/bin/postgresql/psql --no-psqlrc --quiet --tuples-only --no-align';
  const socket = `${psql} --host /run/bento-postgresql --dbname taskdb`;
  const as = (name: string) => `setpriv --reuid=${name} --regid=${name} --clear-groups`;
  const asBento = async (sql: string) => {
    instance.write({ '/run/sql': sql });
    const { code, output } = await bash(`${as('bento')} ${socket} --set ON_ERROR_STOP=1 --file /run/sql >/dev/null`);
    if (code !== 0) throw new Error(output);
  };
  const asMeasurer = (sql: string) => bash(`${as(user)} ${socket} --command "${sql}"`);

  /** The tasks that there are from now on. */
  const tasks = (list: readonly Task[]) =>
    asBento(
      `SELECT clear_tasks();${list
        .map(({ stream = 'prove', user: owner = 'a', state, made = 0, changed, needs = [] }, index) => {
          const ago = (minutes: number) => `now() AT TIME ZONE 'UTC' - interval '${minutes} minutes'`;
          const job = `(SELECT id FROM jobs WHERE user_id = '${owner}')`;
          const streamId = `(SELECT id FROM streams WHERE worker_type = '${stream}' AND user_id = '${owner}')`;
          const update = changed === undefined ? 'NULL' : ago(changed);
          return [
            `INSERT INTO tasks VALUES (${job}, '${index}', ${streamId}, '${state}', ${ago(made)}, NULL, ${update});`,
            ...needs.map((need) => `INSERT INTO task_deps VALUES (${job}, '${need}', '${index}');`),
          ].join('');
        })
        .join('')}`,
    );

  type Measured = readonly [string, Readonly<Record<string, string>>, string, number, number];
  /** Measures once: what CloudWatch has got, by name; nothing where nothing came. */
  const measured = async () => {
    await instance.aws(
      'import urllib.request; urllib.request.urlopen("http://127.0.0.1:5000/moto-api/reset", data=b"")',
    );
    await bash(`rm --force /run/journal/${unit}.log`);
    const { code } = await bash(`systemctl start ${unit}`);
    const values = (await instance.aws(
      `
import datetime
client = boto3.client("cloudwatch")
now = datetime.datetime.now(datetime.timezone.utc)
result = {}
for metric in client.list_metrics()["Metrics"]:
    [point] = client.get_metric_statistics(**metric, Period=60, Statistics=["Maximum", "SampleCount"],
        StartTime=now - datetime.timedelta(minutes=5), EndTime=now + datetime.timedelta(minutes=5))["Datapoints"]
    dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
    result[metric["MetricName"]] = [metric["Namespace"], dimensions, point["Unit"], point["SampleCount"], point["Maximum"]]`,
    )) as Readonly<Record<string, Measured>>;
    return { code, values, output: instance.read(`/run/journal/${unit}.log`) };
  };
  /** Queued and running tasks, and the age in minutes. */
  const numbers = async () => {
    const { code, values, output } = await measured();
    expect([code, output]).toEqual([0, '']);
    return queueMetrics.map((name) => values[name]![4] / (name === 'QueueAgeSeconds' ? 60 : 1));
  };

  test('goes to CloudWatch under the names that alarms and scaling have', async () => {
    await tasks([{ state: 'ready', made: 2 }, { state: 'running' }]);
    const { values } = await measured();
    expect(Object.keys(values).sort()).toEqual([...queueMetrics, ...valkeyMetrics].sort());
    for (const [name, [namespace, dimensions, metricUnit, samples]] of Object.entries(values)) {
      expect([namespace, dimensions]).toEqual([instanceMetricNamespace, { Environment: 'staging', Role: 'manager' }]);
      const units: Readonly<Record<string, string>> = { QueueAgeSeconds: 'Seconds', ValkeyMemoryUsed: 'None' };
      expect([metricUnit, samples]).toEqual([units[name] ?? 'Count', 1]);
    }
  });

  test('is zero where there is nothing to do', async () => {
    await tasks([]);
    expect(await numbers()).toEqual([0, 0, 0]);
  });

  test('has what provers work on, of all users, and nothing else', async () => {
    const states = ['pending', 'ready', 'running', 'running', 'done', 'failed'];
    await tasks([
      ...states.map((state) => ({ state })),
      // Agents take tasks of a job that has failed, too.
      ...states.map((state) => ({ state, user: 'b' })),
      ...['aux', 'exec', 'coproc', 'join'].flatMap((stream) => states.map((state) => ({ state, stream, made: 90 }))),
    ]);
    const [queued, running, age] = await numbers();
    expect([queued, running]).toEqual([2, 4]);
    expect(age).toBeLessThan(1);
  });

  const waits: readonly (readonly [string, readonly Task[], number])[] = [
    [
      'from when it was made, and the oldest counts',
      [
        { state: 'ready', made: 7 },
        { state: 'ready', made: 3 },
      ],
      7,
    ],
    ['from when it was put back', [{ state: 'ready', made: 50, changed: 4 }], 4],
    [
      'from when the last that it needs was done',
      [
        { state: 'done', made: 50, changed: 9 },
        { state: 'done', made: 50, changed: 6 },
        { state: 'ready', made: 50, needs: [0, 1] },
      ],
      6,
    ],
    [
      'not while it is worked on',
      [
        { state: 'running', made: 50 },
        { state: 'ready', made: 1 },
      ],
      1,
    ],
  ];
  test.each(waits)('a task waits %s', async (_, list, minutes) => {
    await tasks(list);
    const age = (await numbers())[2]!;
    expect(age).toBeGreaterThanOrEqual(minutes);
    expect(age).toBeLessThan(minutes + 0.5);
  });

  describe('that is not what the query is for', () => {
    beforeAll(() => tasks([{ state: 'ready' }]));

    const rename = (what: string, from: string, to: string) => [`${what} ${from} TO ${to}`, `${what} ${to} TO ${from}`];
    const stream = (from: string, to: string) =>
      `UPDATE streams SET worker_type = '${to}' WHERE worker_type = '${from}'`;
    test.each([
      ['a column', rename('ALTER TABLE tasks RENAME', 'state', 'status'), 'task.state does not exist'],
      ['a time', rename('ALTER TABLE tasks RENAME', 'updated_at', 'changed_at'), 'task.updated_at does not exist'],
      ['a state', rename('ALTER TYPE task_state RENAME VALUE', "'ready'", "'free'"), 'enum task_state: "ready"'],
      [
        'a table',
        ['ALTER TABLE streams RENAME TO queues', 'ALTER TABLE queues RENAME TO streams'],
        '"streams" does not',
      ],
      ['a stream', [stream('prove', 'gpu'), stream('gpu', 'prove')], 'streams that nobody here knows: gpu'],
    ])('by %s: an error, and no zero', async (_, [change, back], reason) => {
      await asBento(change!);
      const { code, values, output } = await measured();
      await asBento(back!);
      expect([code, Object.keys(values)]).toEqual([1, [...valkeyMetrics]]);
      expect(output).toMatch(/^<3>the queue is not measured: /);
      expect(output).toContain(reason);
    });

    test('is measured again once it is', async () => {
      expect((await numbers())[0]).toBe(1);
    });
  });

  test('the user that measures changes nothing, and calls nothing that does', async () => {
    for (const sql of [
      'DELETE FROM tasks',
      "UPDATE streams SET worker_type = ''",
      'SELECT clear_tasks()',
      'CREATE TABLE mine (a int)',
    ])
      expect([sql, await asMeasurer(sql)]).toEqual([
        sql,
        { code: 1, output: expect.stringMatching(/permission denied/) as string },
      ]);
    const rights =
      'SELECT rolsuper, rolcreaterole, rolcreatedb, rolconnlimit FROM pg_roles WHERE rolname = current_user';
    expect(await asMeasurer(rights)).toEqual({ code: 0, output: 'f|f|f|2' });
    expect(await asMeasurer('SHOW statement_timeout')).toEqual({ code: 0, output: '20s' });
  });

  test('nobody is that role but the user of its name', async () => {
    expect(await bash(`${as('bento')} ${socket} --username ${user} --command 'SELECT 1'`)).toMatchObject({
      code: 2,
      output: expect.stringContaining('Peer authentication failed') as string,
    });
    const overNetwork = `${psql} --no-password --host 127.0.0.1 --username ${user} --dbname taskdb`;
    expect(await bash(`${overNetwork} --command 'SELECT 1'`)).toMatchObject({
      code: 2,
      output: expect.stringContaining('no pg_hba.conf entry') as string,
    });
  });

  describe('Valkey', () => {
    const cli = '/usr/local/lib/boundless/bin/valkey-cli --no-auth-warning';
    const asUser = (command: string) => bash(`${cli} --user ${user} --pass none ${command}`);

    test('is measured as the part of its limit that is taken', async () => {
      const limit = /^maxmemory (\d+)mb$/m.exec(instance.read('/etc/bento/valkey.conf'))![1];
      const before = (await measured()).values['ValkeyMemoryUsed']![4];
      await bash(`. /etc/bento/aux.env; head --bytes=33554432 /dev/zero | ${cli} -u "$REDIS_URL" -x set segment`);
      const after = (await measured()).values['ValkeyMemoryUsed']![4];
      await bash(`. /etc/bento/aux.env; ${cli} -u "$REDIS_URL" unlink segment`);
      expect((after - before) * Number(limit)).toBeGreaterThan(31);
      expect((after - before) * Number(limit)).toBeLessThan(64);
    });

    test('gives the user that measures nothing but that', async () => {
      expect((await asUser('info memory')).output).toContain('used_memory:');
      for (const command of ['get segment', 'keys "*"', 'config get maxmemory', 'acl list', 'flushall'])
        expect([command, (await asUser(command)).output]).toEqual([
          command,
          expect.stringMatching(/^NOPERM/) as string,
        ]);
    });

    test('that does not run: an error, and the queue is measured anyway', async () => {
      await bash('systemctl stop bento-valkey.service');
      const { code, values, output } = await measured();
      await bash('systemctl start bento-valkey.service');
      expect([code, Object.keys(values).sort()]).toEqual([1, [...queueMetrics].sort()]);
      expect(output).toMatch(/^<3>Valkey's memory is not measured: Valkey does not report .*refused/);
    });
  });

  test('without PostgreSQL: an error with its reason, in time, and no metric', async () => {
    await bash('systemctl stop bento-postgresql.service');
    const { code, values, output } = await measured();
    expect([code, Object.keys(values)]).toEqual([1, [...valkeyMetrics]]);
    expect(output).toMatch(/^<3>the queue is not measured: psql failed: .*connection to server on socket/);
    expect(await bash('systemctl start bento-postgresql.service')).toMatchObject({ code: 0 });
    expect((await numbers())[0]).toBe(1);
  });

  test('CloudWatch that does not answer: an error with its reason', async () => {
    const file = `/etc/systemd/system/${unit}`;
    const real = instance.read(file);
    instance.write({ [file]: real.replace('127.0.0.1:5000', '127.0.0.1:9') });
    const { code, output } = await measured();
    instance.write({ [file]: real });
    expect([code, output]).toEqual([1, expect.stringMatching(/^<3>what was measured did not reach .*connect/i)]);
  });
});
