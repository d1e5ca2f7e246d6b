import { clusterPath } from '../../../config/names';
import { describeWith } from '../../support/tools';
import { secretsOf, startInstance, tools, type Instance } from './instance';

jest.setTimeout(120_000);

const services = ['aux', 'api', 'broker'];
const canaries = ['canary', 'caca'];
const redisCli = '/usr/local/lib/boundless/bin/valkey-cli -u "$REDIS_URL" --no-auth-warning';

describeWith(tools, 'a manager that boots', () => {
  let instance: Instance;
  let log: string;
  beforeAll(async () => {
    instance = await startInstance('manager');
    await instance.settings({ dataVolumeId: instance.volumeId, executors: 2 });
    const ran = await instance.configure();
    expect(ran).toMatchObject({ code: 0 });
    log = ran.log;
  });
  afterAll(() => instance.close());

  const bash = async (script: string) => {
    const { code, stdout, stderr } = await instance.run(['bash', '-euc', script]);
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  const variables = (service: string) => instance.read(`/run/started/${service}.env`);

  test('starts logs, data, stores, agents, API and broker, in this order', () => {
    expect(instance.events()).toEqual([
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

  test('completes the lifecycle hook once services are steady', () => {
    expect(instance.calls()).toEqual(['bento-launch CompleteLifecycleAction CONTINUE']);
    expect(log).toContain('this is a manager of staging: Bento v1.2.2, broker v1.2.2');
  });

  test('writes files that only their readers read', async () => {
    expect(await instance.written()).toEqual({
      'api.env': '600 root:root',
      'aux.env': '600 root:root',
      'broker.env': '600 root:root',
      'broker.toml': '640 root:bento-broker',
      'database-password': '640 root:postgres',
      'executor.env': '600 root:root',
      'logs.env': '644 root:root',
      migration: '644 root:root',
      'pg_hba.conf': '640 root:postgres',
      'pg_ident.conf': '640 root:postgres',
      'postgresql.conf': '644 root:root',
      'redacted.env': '600 root:root',
      'release.json': '644 root:root',
      'valkey.acl': '640 root:valkey',
      'valkey.conf': '640 root:valkey',
    });
  });

  test('gives each service the variables that it reads, and no empty ones', () => {
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

  test('passes settings to programs by flags', () => {
    expect(instance.read('/run/started/api')).toBe('--bind-addr 0.0.0.0:8081 --snark-timeout 180');
    expect(instance.read('/run/started/agent-9301')).toContain('-t exec --segment-po2 21 ');
  });

  test('has its data on the volume', async () => {
    expect(await bash('findmnt --noheadings --output SOURCE,FSTYPE,LABEL /var/lib/bento')).toMatch(
      /^\/dev\/loop\d+ +ext4 +bento-data$/,
    );
    expect(await bash('ls /var/lib/bento')).toBe(
      ['api', 'aux', 'broker', 'executor-01', 'executor-02', 'lost+found', 'postgresql', 'valkey'].join('\n'),
    );
    expect(await bash('stat --format "%a %U" /var/lib/bento/postgresql/data /var/lib/bento/broker')).toBe(
      '700 postgres\n700 bento-broker',
    );
  });

  test('has the address that goes with the volume', async () => {
    const held = (await instance.aws(
      `
ec2 = boto3.client("ec2")
[volume] = ec2.describe_volumes(VolumeIds=[given["volume"]])["Volumes"]
[interface] = ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": [given["instance"]]}])["NetworkInterfaces"]
result = [volume["Attachments"][0]["InstanceId"], [a["PrivateIpAddress"] for a in interface["PrivateIpAddresses"]]]`,
      { volume: instance.volumeId, instance: instance.instanceId },
    )) as [string, string[]];
    expect(held[0]).toBe(instance.instanceId);
    expect(held[1]).toContain('127.0.0.9');
  });

  test('logs no secret', async () => {
    const logged = log + (await bash('cat /run/journal/*'));
    for (const canary of canaries) expect(logged).not.toContain(canary);
  });

  test('a second run changes nothing', async () => {
    const before = await bash('find /etc/bento -type f -printf "%p %T@\\n" | sort');
    instance.events();
    expect(await instance.configure()).toMatchObject({ code: 0 });
    expect(instance.events()).toEqual(['reload bento-postgresql.service']);
    expect(await bash('find /etc/bento -type f -printf "%p %T@\\n" | sort')).toBe(before);
  });

  test('--check changes nothing, and completes no lifecycle hook', async () => {
    const calls = instance.calls();
    const { code, log: printed } = await instance.configure({}, '--check');
    expect([code, printed]).toEqual([0, expect.stringContaining('has everything it needs; nothing was changed')]);
    expect(instance.events()).toEqual([]);
    expect(instance.calls()).toEqual(calls);
  });

  test('prices orders with the executors that proofs leave', () => {
    expect(instance.read('/etc/bento/broker.toml')).toMatch(/^max_concurrent_preflights = 1\b/m);
  });

  test.each([
    [1, 'stop'],
    [2, 'start'],
  ])('another number of executors, %d: only those that differ %s', async (executors, verb) => {
    await instance.settings({ dataVolumeId: instance.volumeId, executors });
    expect(await instance.configure()).toMatchObject({ code: 0 });
    expect(instance.events()).toEqual(['reload bento-postgresql.service', `${verb} bento-executor@02.service`]);
  });

  test('new passwords reach stores and services; the broker keeps running', async () => {
    await instance.secrets({ 'database-password': 'canary-new', 'valkey-password': 'canary-new-too' });
    await instance.secrets({ 'rpc-urls': 'https://rpc.example.com/canary-other' });
    const { code, log: printed } = await instance.configure();
    expect([code, printed]).toEqual([0, expect.stringContaining('the broker runs with its old environment')]);
    expect(instance.events()).toEqual([
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

  test('a run that follows interrupted ones completes what they left', async () => {
    await instance.secrets(secretsOf);
    const steps = await instance.configureWithCrashes(/write|restart|reload/);
    for (const step of ['write /etc/bento/database-password', 'write /etc/bento/api.env'])
      expect(steps).toContain(step);
    for (const unit of ['valkey', 'executor@01', 'executor@02', 'aux', 'api'])
      expect(steps).toContain(`systemctl restart bento-${unit}.service`);
    expect(variables('api')).not.toContain('canary-new');
    await bash(`set -a; . /etc/bento/aux.env; [[ $(${redisCli} ping) == PONG ]]`);
    expect(await bash('find /etc/bento -name ".*" -type f')).toBe('');
    instance.events();
    expect(await instance.configure()).toMatchObject({ code: 0 });
    expect(instance.events()).toEqual(['reload bento-postgresql.service']);
  });

  test('another role is refused while this one works', async () => {
    instance.write({
      '/etc/bento/release.json': instance.read('/etc/bento/release.json').replace('"manager"', '"bento"'),
    });
    instance.metadata({ 'tags/instance/Role': 'prover' });
    const { code, log: printed } = await instance.configure();
    expect([code, printed]).toEqual([1, expect.stringContaining('run `systemctl stop bento-manager.target` first')]);
    expect(instance.events()).toEqual(['stop bento-logs.service', 'start bento-logs.service']);
  });

  test('all services run', async () => {
    expect(
      services.every((name) =>
        instance.read('/etc/systemd/system/bento-manager.target').includes(`bento-${name}.service`),
      ),
    ).toBe(true);
    expect(await bash('systemctl is-active bento-broker.service; echo $?')).toBe('0');
  });
});

describeWith(tools, 'a manager that cannot boot', () => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await startInstance('manager');
  });
  afterAll(() => instance.close());

  const at = (name: string) => `${clusterPath('staging')}/${name}`;
  /** The log of a boot that fails, has changed nothing, and abandons the launch. */
  const refusal = async (env: Readonly<Record<string, string>> = {}) => {
    instance.events();
    const { code, log } = await instance.configure(env);
    expect(code).toBe(1);
    expect(instance.calls().at(-1)).toBe('bento-launch CompleteLifecycleAction ABANDON');
    expect(instance.events().filter((event) => event !== 'start bento-logs.service')).toEqual([]);
    expect(Object.keys(await instance.written())).toEqual(['logs.env', 'release.json']);
    for (const canary of canaries) expect(log).not.toContain(canary);
    return log;
  };

  test('a boot without secrets fails and names all of them at once', async () => {
    await instance.secrets({ 'wallet-key': undefined, storage: undefined, 'rpc-urls': ' ' });
    const names = ['wallet-key', 'storage', 'rpc-urls'];
    const before = instance.calls().length;
    const logged = await refusal({ SPEED: '1000' });
    for (const name of names) expect(logged).toContain(`${at(name)} has no value`);
    // Longer than the hook waits without a heartbeat.
    expect(instance.calls().slice(before)).toContain('bento-launch RecordLifecycleActionHeartbeat');
    const checked = await instance.configure({}, '--check');
    expect(checked.code).toBe(1);
    for (const name of names) expect(checked.log).toContain(`${at(name)} has no value`);
    await instance.secrets(secretsOf);
  });

  test.each([
    ['wallet-key', 'canary', 'is not 64 hexadecimal digits'],
    ['rpc-urls', 'canary.example.com', 'is not addresses with https://'],
    ['database-password', 'canary-ä', 'is not letters, digits and'],
    ['storage', '{"canary": 1}', 'is not a JSON object with accessKeyId and secretAccessKey'],
  ])('a malformed %s: the log has the expected form, not the value', async (name, value, form) => {
    await instance.secrets({ [name]: value });
    expect(await refusal()).toMatch(new RegExp(`${at(name)} .*${form}`));
    await instance.secrets(secretsOf);
  });

  test.each([
    ['bucket', { bucket: null }, /prover-cluster\/settings is not right: bucket is missing/],
    ['unknown key', { segmentsPo2: 21 }, /segmentsPo2 is unknown/],
  ])('settings: %s', async (_, settings, reason) => {
    await instance.settings(settings);
    expect(await refusal()).toMatch(reason);
    await instance.settings({});
  });

  test('without settings, the error asks to deploy the stack', async () => {
    await instance.aws('boto3.client("ssm").delete_parameter(Name=given)', at('settings'));
    expect(await refusal()).toContain('deploy the stack prover-cluster-staging');
    await instance.settings({});
  });

  test.each([
    ['no role', { 'tags/instance/Role': undefined }, /this instance has no role/],
    ['an unknown role', { 'tags/instance/Role': 'broker' }, /the role 'broker' is unknown; use manager or prover/],
    [
      'a role that the image lacks',
      { 'tags/instance/Role': 'prover' },
      /this is a manager image, and the role is prover/,
    ],
  ])('%s', async (_, tags, reason) => {
    instance.metadata(tags);
    const { code, log } = await instance.configure();
    expect([code, log]).toEqual([1, expect.stringMatching(reason)]);
    expect(instance.calls().at(-1)).toBe('bento-launch CompleteLifecycleAction ABANDON');
    instance.metadata({ 'tags/instance/Role': 'manager' });
  });

  test('user data that has another role than the tag', async () => {
    instance.write({ '/etc/bento/instance.json': '{"role": "prover", "environment": "staging"}' });
    const { code, log } = await instance.configure();
    expect([code, log]).toEqual([
      1,
      expect.stringContaining("user data has role 'prover', the tag Role has 'manager'"),
    ]);
    await instance.run(['rm', '/etc/bento/instance.json']);
  });

  test('a bucket that the keys cannot open fails the boot before it takes the volume or the address', async () => {
    await instance.settings({ bucket: 'of-another-account', dataVolumeId: instance.volumeId });
    const reason = "Bento's keys do not open the bucket of-another-account";
    expect(await refusal()).toContain(reason);
    expect(
      await instance.aws(
        'result = boto3.client("ec2").describe_volumes(VolumeIds=[given])["Volumes"][0]["Attachments"]',
        instance.volumeId,
      ),
    ).toEqual([]);
    const checked = await instance.configure({}, '--check');
    expect([checked.code, checked.log]).toEqual([1, expect.stringContaining(reason)]);
    await instance.settings({});
  });

  test.each<[what: string, change: () => Promise<unknown>, reason: string]>([
    [
      'a stack from before it, also where that gives values to older images',
      () =>
        instance.aws(
          'ssm = boto3.client("ssm"); ssm.put_parameter(Name=given + "/broker", Value="{}", Type="String"); ' +
            'ssm.delete_parameter(Name=given + "/broker-configuration")',
          clusterPath('staging'),
        ),
      `${at('broker-configuration')} is missing; deploy the cluster's stack of this image's commit or a later one`,
    ],
    [
      'a stack that does not take the release of the image',
      () => instance.broker({}, { from: 'v1.0.2', to: 'v1.1.2' }),
      'has no broker.toml for v1.2.2, which this image carries, but for v1.0.2, v1.1.0, v1.1.1, v1.1.2; ',
    ],
  ])('no broker.toml: %s', async (_, change, reason) => {
    await change();
    expect(await refusal()).toContain(reason);
    expect(await instance.configure({}, '--check')).toMatchObject({ code: 1 });
    await instance.broker({});
  });

  test('an unexpected error abandons the launch as well', async () => {
    await instance.run(['sed', '--in-place', 's/^bento-broker:/other:/', '/etc/group']);
    const { code, log } = await instance.configure();
    expect([code, log]).toEqual([1, expect.stringMatching(/for an unexpected reason[^]*Traceback/)]);
    expect(instance.calls().at(-1)).toBe('bento-launch CompleteLifecycleAction ABANDON');
    for (const canary of canaries) expect(log).not.toContain(canary);
    await instance.run(['sed', '--in-place', 's/^other:/bento-broker:/', '/etc/group']);
  });

  test('a denied call of Auto Scaling is one more error', async () => {
    instance.hook(['AccessDenied', 'not allowed']);
    await instance.settings({ bucket: null });
    const { code, log } = await instance.configure();
    expect([code, log]).toEqual([
      1,
      expect.stringMatching(/bucket is missing[^]*could not be notified: .*AccessDenied/),
    ]);
    instance.hook('ok');
    await instance.settings({});
  });

  test('a volume that holds something else is not touched', async () => {
    await instance.settings({ dataVolumeId: instance.volumeId });
    const disk = '"$(cat /run/loop)"';
    await instance.run(['bash', '-c', `mkfs.ext4 -q -L somebodys ${disk}`]);
    const { code, log } = await instance.configure();
    expect([code, log]).toEqual([1, expect.stringMatching(/holds .*somebodys.*and is not touched/)]);
    const { stdout } = await instance.run([
      'bash',
      '-c',
      `blkid -o value -s LABEL ${disk}; blkdiscard --force --zeroout ${disk}`,
    ]);
    expect(stdout).toBe('somebodys\n');
    instance.events();
  });

  test('a volume that another manager has is waited for', async () => {
    await instance.settings({});
    const other = await instance.aws(
      `
ec2 = boto3.client("ec2")
other = ec2.run_instances(ImageId=ec2.describe_images()["Images"][0]["ImageId"], MinCount=1, MaxCount=1)["Instances"][0]
ec2.detach_volume(VolumeId=given["volume"], InstanceId=given["instance"], Device="/dev/sdf")
ec2.attach_volume(VolumeId=given["volume"], InstanceId=other["InstanceId"], Device="/dev/sdf")
result = other["InstanceId"]`,
      { volume: instance.volumeId, instance: instance.instanceId },
    );
    await instance.settings({ dataVolumeId: instance.volumeId });
    const log = () => instance.read('/run/configure.log');
    instance.write({ '/run/configure.log': '' });
    const run = instance.run(
      ['bash', '-c', '/usr/local/lib/boundless/configure.py 2>/run/configure.log'],
      instance.environment,
    );
    const waiting = new RegExp(
      `waiting for the data volume ${instance.volumeId}: it is still held by ${other as string}`,
    );
    for (let tries = 0; tries < 600 && !waiting.test(log()); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(log()).toMatch(waiting);
    expect(instance.events()).toEqual([]);
    await instance.aws(
      'boto3.client("ec2").detach_volume(VolumeId=given["volume"], InstanceId=given["other"], Device="/dev/sdf")',
      { volume: instance.volumeId, other },
    );
    expect(await run).toMatchObject({ code: 0 });
    expect(instance.events()).toContain('start var-lib-bento.mount');
    await instance.run(['systemctl', 'stop', 'bento-manager.target']);
    instance.events();
  });

  test('when agents do not stay up, the API never starts, and the launch is abandoned', async () => {
    instance.write({ '/run/agents-fail': '', '/run/migrations': '5' });
    await instance.run(['bash', '-c', 'echo Environment=WITHIN_S=2 >>/etc/systemd/system/bento-api.service']);
    await instance.run(['systemctl', 'start', 'bento-postgresql.service']);
    await instance.run([
      ...['setpriv', '--reuid=postgres', '--clear-groups', '/usr/local/lib/boundless/bin/postgresql/psql'],
      ...['-h', '/run/bento-postgresql', '-U', 'postgres', 'taskdb', '-c', 'DROP TABLE _sqlx_migrations'],
    ]);
    instance.hook('ok');
    const { code, log } = await instance.configure();
    expect([code, log]).toEqual([1, expect.stringContaining('systemctl start bento-api.service failed')]);
    expect(instance.calls().at(-1)).toBe('bento-launch CompleteLifecycleAction ABANDON');
    expect(instance.read('/run/journal/bento-api.service.log')).toContain(
      'no agent has brought the database to migration 5',
    );
  });
});
