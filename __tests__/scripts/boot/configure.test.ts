import { clusterPath } from '../../../config/names';
import { describeWith } from '../../support/tools';
import { secretsOf, startMachine, tools, type Machine } from './machine';

jest.setTimeout(120_000);

const services = ['aux', 'api', 'broker'];
const canaries = ['canary', 'caca'];
const redisCli = '/usr/local/lib/boundless/bin/valkey-cli -u "$REDIS_URL" --no-auth-warning';

describeWith(tools, 'a manager that boots', () => {
  let machine: Machine;
  let log: string;
  beforeAll(async () => {
    machine = await startMachine('manager');
    await machine.settings({ dataVolumeId: machine.volumeId, executors: 2 });
    const ran = await machine.configure();
    expect(ran).toMatchObject({ code: 0 });
    log = ran.log;
  });
  afterAll(() => machine.close());

  const bash = async (script: string) => {
    const { code, stdout, stderr } = await machine.run(['bash', '-euc', script]);
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  const variables = (service: string) => machine.read(`/run/started/${service}.env`);

  test('starts logs, data, stores, agents, API and broker, in this order', () => {
    expect(machine.events()).toEqual([
      'start bento-logs.service',
      // With the secrets that it keeps out of them.
      'stop bento-logs.service',
      'start bento-logs.service',
      'start var-lib-bento.mount',
      'start bento-postgresql.service',
      'start bento-valkey.service',
      'reload bento-postgresql.service',
      'start bento-manager.target',
      'start bento-aux.service',
      'start bento-executor@01.service',
      'start bento-executor@02.service',
      'start bento-api.service',
      'start bento-queue.timer',
      'start bento-broker.service',
      'start bento-cleanup.timer',
      'start bento-refresh.timer',
    ]);
  });

  test('tells Auto Scaling once services are steady', () => {
    expect(machine.calls()).toEqual(['bento-launch CompleteLifecycleAction CONTINUE']);
    expect(log).toContain('this is a manager of staging: Bento v1.2.2, broker v1.2.2');
  });

  test('writes files that only their readers read', async () => {
    expect(await machine.written()).toEqual({
      'api.env': '600 root:root',
      'aux.env': '600 root:root',
      'broker.env': '600 root:root',
      'broker.toml': '640 root:bento',
      'database-password': '640 root:postgres',
      'executor.env': '600 root:root',
      'logs.env': '644 root:root',
      migration: '644 root:root',
      'pg_hba.conf': '640 root:postgres',
      'postgresql.conf': '644 root:root',
      'redacted.env': '600 root:root',
      'release.json': '644 root:root',
      'valkey.acl': '640 root:valkey',
      'valkey.conf': '640 root:valkey',
    });
  });

  test('gives each service what it reads, and nothing that is empty', () => {
    const names = (service: string) => {
      const lines = variables(service)
        .split('\n')
        .filter((line) => line !== '');
      for (const line of lines) expect(line).not.toMatch(/=$/);
      return lines
        .map((line) => line.split('=')[0]!)
        .filter(
          (name) =>
            !['PATH', 'LANG', 'LC_CTYPE', 'PWD', 'SHLVL', '_', 'STATE_DIRECTORY', 'RUNTIME_DIRECTORY'].includes(name),
        );
    };
    const storage = ['S3_ACCESS_KEY', 'S3_BUCKET', 'S3_REGION', 'S3_SECRET_KEY', 'S3_URL'];
    expect(names('api')).toEqual(['DATABASE_URL', 'RUST_LOG', ...storage, 'SNARK_TIMEOUT_S']);
    expect(names('broker')).toEqual(['PROVER_PRIVATE_KEY', 'PROVER_RPC_URLS', 'RUST_LOG']);
    const agent = ['DATABASE_URL', 'PROMETHEUS_METRICS_ADDR', 'REDIS_URL', 'RUST_LOG', ...storage];
    expect(names('agent-9301')).toEqual([...agent, 'SEGMENT_PO2'].sort());
    expect(names('agent-9092')).toEqual([...agent, 'BENTO_DISABLE_COMPLETED_CLEANUP'].sort());
  });

  test('tells programs by flags', () => {
    expect(machine.read('/run/started/api')).toBe('--bind-addr 0.0.0.0:8081 --snark-timeout 180');
    expect(machine.read('/run/started/agent-9301')).toContain('-t exec --segment-po2 21 ');
  });

  test('has its data on the volume', async () => {
    expect(await bash('findmnt --noheadings --output SOURCE,FSTYPE,LABEL /var/lib/bento')).toMatch(
      /^\/dev\/loop\d+ +ext4 +bento-data$/,
    );
    expect(await bash('ls /var/lib/bento')).toBe(
      ['api', 'aux', 'broker', 'executor-01', 'executor-02', 'lost+found', 'postgresql', 'valkey'].join('\n'),
    );
    expect(await bash('stat --format "%a %U" /var/lib/bento/postgresql/data /var/lib/bento/broker')).toBe(
      '700 postgres\n700 bento',
    );
  });

  test('has the address that goes with the volume', async () => {
    const held = (await machine.aws(
      `
ec2 = boto3.client("ec2")
[volume] = ec2.describe_volumes(VolumeIds=[given["volume"]])["Volumes"]
[interface] = ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": [given["instance"]]}])["NetworkInterfaces"]
result = [volume["Attachments"][0]["InstanceId"], [a["PrivateIpAddress"] for a in interface["PrivateIpAddresses"]]]`,
      { volume: machine.volumeId, instance: machine.instanceId },
    )) as [string, string[]];
    expect(held[0]).toBe(machine.instanceId);
    expect(held[1]).toContain('127.0.0.9');
  });

  test('says nothing that is secret', async () => {
    const said = log + (await bash('cat /run/journal/*'));
    for (const canary of canaries) expect(said).not.toContain(canary);
  });

  test('a second run changes nothing', async () => {
    const before = await bash('find /etc/bento -type f -printf "%p %T@\\n" | sort');
    machine.events();
    expect(await machine.configure()).toMatchObject({ code: 0 });
    expect(machine.events()).toEqual(['reload bento-postgresql.service']);
    expect(await bash('find /etc/bento -type f -printf "%p %T@\\n" | sort')).toBe(before);
  });

  test('--check changes nothing, and asks for no hook', async () => {
    const calls = machine.calls();
    const { code, log: said } = await machine.configure({}, '--check');
    expect([code, said]).toEqual([0, expect.stringContaining('has everything it needs; nothing was changed')]);
    expect(machine.events()).toEqual([]);
    expect(machine.calls()).toEqual(calls);
  });

  test('prices orders with the executors that proofs leave', () => {
    expect(machine.read('/etc/bento/broker.toml')).toMatch(/^max_concurrent_preflights = 1\b/m);
  });

  test.each([
    [1, 'stop'],
    [2, 'start'],
  ])('another number of executors, %d, has those %s that differ, and no other', async (executors, verb) => {
    await machine.settings({ dataVolumeId: machine.volumeId, executors });
    expect(await machine.configure()).toMatchObject({ code: 0 });
    expect(machine.events()).toEqual(['reload bento-postgresql.service', `${verb} bento-executor@02.service`]);
  });

  test('new passwords reach stores and services; the broker is left to its orders', async () => {
    await machine.secrets({ 'database-password': 'canary-new', 'valkey-password': 'canary-new-too' });
    await machine.secrets({ 'rpc-urls': 'https://rpc.example.com/canary-other' });
    const { code, log: said } = await machine.configure();
    expect([code, said]).toEqual([0, expect.stringContaining('the broker runs with its old environment')]);
    expect(machine.events()).toEqual([
      'stop bento-logs.service',
      'start bento-logs.service',
      'reload bento-postgresql.service',
      // It has been given another secret, and neither password that it knew is there any more.
      'stop bento-valkey.service',
      'start bento-valkey.service',
      ...['executor@01', 'executor@02', 'aux', 'api'].flatMap((name) => [
        `stop bento-${name}.service`,
        `start bento-${name}.service`,
      ]),
    ]);
    expect(variables('api')).toContain('canary-new');
    await bash(`set -a; . /etc/bento/aux.env; [[ $(${redisCli} ping) == PONG ]]`);
    await bash(`. /etc/bento/api.env; /usr/local/lib/boundless/bin/postgresql/psql "$DATABASE_URL" -c 'SELECT 1'`);
  });

  test('what it may not do now it does in the next run: whoever interrupts it loses nothing', async () => {
    await machine.secrets(secretsOf);
    const fallen = await machine.configureFalling(/write|restart|reload/);
    for (const step of ['write /etc/bento/database-password', 'write /etc/bento/api.env'])
      expect(fallen).toContain(step);
    for (const unit of ['valkey', 'executor@01', 'executor@02', 'aux', 'api'])
      expect(fallen).toContain(`systemctl restart bento-${unit}.service`);
    expect(variables('api')).not.toContain('canary-new');
    await bash(`set -a; . /etc/bento/aux.env; [[ $(${redisCli} ping) == PONG ]]`);
    expect(await bash('find /etc/bento -name ".*" -type f')).toBe('');
    machine.events();
    expect(await machine.configure()).toMatchObject({ code: 0 });
    expect(machine.events()).toEqual(['reload bento-postgresql.service']);
  });

  test('another role is refused while this one works', async () => {
    machine.write({
      '/etc/bento/release.json': machine.read('/etc/bento/release.json').replace('"manager"', '"bento"'),
    });
    machine.metadata({ 'tags/instance/Role': 'prover' });
    const { code, log: said } = await machine.configure();
    expect([code, said]).toEqual([1, expect.stringContaining('run `systemctl stop bento-manager.target` first')]);
    expect(machine.events()).toEqual(['stop bento-logs.service', 'start bento-logs.service']);
  });

  test('services that are there: all of them', async () => {
    expect(
      services.every((name) =>
        machine.read('/etc/systemd/system/bento-manager.target').includes(`bento-${name}.service`),
      ),
    ).toBe(true);
    expect(await bash('systemctl is-active bento-broker.service; echo $?')).toBe('0');
  });
});

describeWith(tools, 'a manager that cannot', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine('manager');
  });
  afterAll(() => machine.close());

  const at = (name: string) => `${clusterPath('staging')}/${name}`;
  /** What it says, having changed nothing and told Auto Scaling to replace it. */
  const refusal = async (env: Readonly<Record<string, string>> = {}) => {
    machine.events();
    const { code, log } = await machine.configure(env);
    expect(code).toBe(1);
    expect(machine.calls().at(-1)).toBe('bento-launch CompleteLifecycleAction ABANDON');
    expect(machine.events().filter((event) => event !== 'start bento-logs.service')).toEqual([]);
    expect(Object.keys(await machine.written())).toEqual(['logs.env', 'release.json']);
    for (const canary of canaries) expect(log).not.toContain(canary);
    return log;
  };

  test('names every secret that is missing, at once', async () => {
    await machine.secrets({ 'wallet-key': undefined, storage: undefined, 'rpc-urls': ' ' });
    const names = ['wallet-key', 'storage', 'rpc-urls'];
    const before = machine.calls().length;
    const said = await refusal({ SPEED: '1000' });
    for (const name of names) expect(said).toContain(`${at(name)} has no value`);
    // Longer than the hook waits without a word.
    expect(machine.calls().slice(before)).toContain('bento-launch RecordLifecycleActionHeartbeat');
    const checked = await machine.configure({}, '--check');
    expect(checked.code).toBe(1);
    for (const name of names) expect(checked.log).toContain(`${at(name)} has no value`);
    await machine.secrets(secretsOf);
  });

  test.each([
    ['wallet-key', 'canary', 'is not 64 hexadecimal digits'],
    ['rpc-urls', 'canary.example.com', 'is not addresses with https://'],
    ['database-password', 'canary-ä', 'is not letters, digits and'],
    ['storage', '{"canary": 1}', 'is no JSON object with accessKeyId and secretAccessKey'],
  ])('%s that is malformed: its form, and not what it is', async (name, value, said) => {
    await machine.secrets({ [name]: value });
    expect(await refusal()).toMatch(new RegExp(`${at(name)} .*${said}`));
    await machine.secrets(secretsOf);
  });

  test.each([
    ['bucket', { bucket: null }, /prover-cluster\/settings is not right: bucket is missing/],
    ['unknown key', { segmentsPo2: 21 }, /segmentsPo2 is unknown/],
  ])('settings: %s', async (_, settings, said) => {
    await machine.settings(settings);
    expect(await refusal()).toMatch(said);
    await machine.settings({});
  });

  test('no settings at all: deploy the stack', async () => {
    await machine.aws('boto3.client("ssm").delete_parameter(Name=given)', at('settings'));
    expect(await refusal()).toContain('deploy the stack prover-cluster-staging');
    await machine.settings({});
  });

  test.each([
    ['no role', { 'tags/instance/Role': undefined }, /nothing says which role/],
    ['an unknown role', { 'tags/instance/Role': 'broker' }, /the role 'broker' is unknown; use manager or prover/],
    [
      'a role that the image lacks',
      { 'tags/instance/Role': 'prover' },
      /this is a manager image, and the role is prover/,
    ],
  ])('%s', async (_, tags, said) => {
    machine.metadata(tags);
    const { code, log } = await machine.configure();
    expect([code, log]).toEqual([1, expect.stringMatching(said)]);
    expect(machine.calls().at(-1)).toBe('bento-launch CompleteLifecycleAction ABANDON');
    machine.metadata({ 'tags/instance/Role': 'manager' });
  });

  test('user data that says another role than the tag', async () => {
    machine.write({ '/etc/bento/instance.json': '{"role": "prover", "environment": "staging"}' });
    const { code, log } = await machine.configure();
    expect([code, log]).toEqual([
      1,
      expect.stringContaining("user data says role 'prover', the tag Role says 'manager'"),
    ]);
    await machine.run(['rm', '/etc/bento/instance.json']);
  });

  test('a bucket that the keys do not open: neither volume nor address is taken', async () => {
    await machine.settings({ bucket: 'somebody-elses', dataVolumeId: machine.volumeId });
    const reason = "Bento's keys do not open the bucket somebody-elses";
    expect(await refusal()).toContain(reason);
    expect(
      await machine.aws(
        'result = boto3.client("ec2").describe_volumes(VolumeIds=[given])["Volumes"][0]["Attachments"]',
        machine.volumeId,
      ),
    ).toEqual([]);
    const checked = await machine.configure({}, '--check');
    expect([checked.code, checked.log]).toEqual([1, expect.stringContaining(reason)]);
    await machine.settings({});
  });

  test('values of broker.toml that are no JSON', async () => {
    const name = at('broker');
    await machine.aws('boto3.client("ssm").put_parameter(Name=given, Value="{", Type="String")', name);
    expect(await refusal()).toContain(`the parameter ${name} is no JSON`);
    expect(await machine.configure({}, '--check')).toMatchObject({ code: 1 });
    await machine.aws('boto3.client("ssm").delete_parameter(Name=given)', name);
  });

  test('what nobody has thought of is told to Auto Scaling as well', async () => {
    await machine.run(['sed', '--in-place', 's/^bento:/other:/', '/etc/group']);
    const { code, log } = await machine.configure();
    expect([code, log]).toEqual([1, expect.stringMatching(/a reason that this program does not know[^]*Traceback/)]);
    expect(machine.calls().at(-1)).toBe('bento-launch CompleteLifecycleAction ABANDON');
    for (const canary of canaries) expect(log).not.toContain(canary);
    await machine.run(['sed', '--in-place', 's/^other:/bento:/', '/etc/group']);
  });

  test('Auto Scaling that may not be told is one more error', async () => {
    machine.hook(['AccessDenied', 'not allowed']);
    await machine.settings({ bucket: null });
    const { code, log } = await machine.configure();
    expect([code, log]).toEqual([1, expect.stringMatching(/bucket is missing[^]*could not be told: .*AccessDenied/)]);
    machine.hook('ok');
    await machine.settings({});
  });

  test('a volume that holds something else is not touched', async () => {
    await machine.settings({ dataVolumeId: machine.volumeId });
    const disk = '"$(cat /run/loop)"';
    await machine.run(['bash', '-c', `mkfs.ext4 -q -L somebodys ${disk}`]);
    const { code, log } = await machine.configure();
    expect([code, log]).toEqual([1, expect.stringMatching(/holds .*somebodys.*and is not touched/)]);
    const { stdout } = await machine.run([
      'bash',
      '-c',
      `blkid -o value -s LABEL ${disk}; blkdiscard --force --zeroout ${disk}`,
    ]);
    expect(stdout).toBe('somebodys\n');
    machine.events();
  });

  test('a volume that another manager has is waited for', async () => {
    await machine.settings({});
    const other = await machine.aws(
      `
ec2 = boto3.client("ec2")
other = ec2.run_instances(ImageId=ec2.describe_images()["Images"][0]["ImageId"], MinCount=1, MaxCount=1)["Instances"][0]
ec2.detach_volume(VolumeId=given["volume"], InstanceId=given["instance"], Device="/dev/sdf")
ec2.attach_volume(VolumeId=given["volume"], InstanceId=other["InstanceId"], Device="/dev/sdf")
result = other["InstanceId"]`,
      { volume: machine.volumeId, instance: machine.instanceId },
    );
    await machine.settings({ dataVolumeId: machine.volumeId });
    const log = () => machine.read('/run/configure.log');
    machine.write({ '/run/configure.log': '' });
    const run = machine.run(
      ['bash', '-c', '/usr/local/lib/boundless/configure.py 2>/run/configure.log'],
      machine.environment,
    );
    const waiting = new RegExp(
      `waiting for the data volume ${machine.volumeId}: it is still held by ${other as string}`,
    );
    for (let tries = 0; tries < 600 && !waiting.test(log()); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(log()).toMatch(waiting);
    expect(machine.events()).toEqual([]);
    await machine.aws(
      'boto3.client("ec2").detach_volume(VolumeId=given["volume"], InstanceId=given["other"], Device="/dev/sdf")',
      { volume: machine.volumeId, other },
    );
    expect(await run).toMatchObject({ code: 0 });
    expect(machine.events()).toContain('start var-lib-bento.mount');
    await machine.run(['systemctl', 'stop', 'bento-manager.target']);
    machine.events();
  });

  test('agents that do not stay up: the API waits in vain, and the machine is given up', async () => {
    machine.write({ '/run/agents-fail': '', '/run/migrations': '5' });
    await machine.run(['bash', '-c', 'echo Environment=WITHIN_S=2 >>/etc/systemd/system/bento-api.service']);
    await machine.run(['systemctl', 'start', 'bento-postgresql.service']);
    await machine.run([
      ...['setpriv', '--reuid=postgres', '--clear-groups', '/usr/local/lib/boundless/bin/postgresql/psql'],
      ...['-h', '/run/bento-postgresql', '-U', 'postgres', 'taskdb', '-c', 'DROP TABLE _sqlx_migrations'],
    ]);
    machine.hook('ok');
    const { code, log } = await machine.configure();
    expect([code, log]).toEqual([1, expect.stringContaining('systemctl start bento-api.service failed')]);
    expect(machine.calls().at(-1)).toBe('bento-launch CompleteLifecycleAction ABANDON');
    expect(machine.read('/run/journal/bento-api.service.log')).toContain(
      'no agent has brought the database to migration 5',
    );
  });
});
