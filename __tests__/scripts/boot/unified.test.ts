import { describeWith } from '../../support/tools';
import { secretsOf, startMachine, tools, type Machine } from './machine';
import { idleAgent, programs, standInStores } from './machine/programs';

// A machine that boots again and again, on a computer that does other things too.
jest.setTimeout(600_000);

const agent = '/usr/local/bin/bento-agent';

describeWith(tools, 'a machine of the unified image', () => {
  let machine: Machine;
  let fallen: string[];
  beforeAll(async () => {
    machine = await startMachine('manager', { image: 'bento' });
    await machine.settings({ dataVolumeId: machine.volumeId });
    await machine.aws('boto3.client("ssm").put_parameter(Name=given["name"], Value=given["value"], Type="String")', {
      name: '/boundless/staging/prover-cluster/broker',
      value: JSON.stringify({ market: { max_stake: '77', max_concurrent_preflights: 9 } }),
    });
    fallen = await machine.configureFalling();
  });
  afterAll(() => machine.close());

  const said = async (script: string) => (await machine.run(['bash', '-euc', script])).stdout.trim();
  const uuid = () => said('blkid -o value -s UUID "$(cat /run/loop)"');
  let volume: string;

  test('that ends at each thing it does at its first boot is a manager in the end', async () => {
    for (const step of [
      ...[
        'logs.env',
        'redacted.env',
        'broker.toml',
        'migration',
        'api.env',
        'executor.env',
        'aux.env',
        'broker.env',
      ].map((name) => `write /etc/bento/${name}`),
      expect.stringMatching(/^mkfs\.ext4 .*-L bento-data/) as string,
      'write /run/systemd/system/var-lib-bento.mount',
      'systemctl start var-lib-bento.mount',
      'ip address add 127.0.0.9/32 dev lo',
      ...['postgresql.conf', 'pg_hba.conf', 'database-password', 'valkey.conf'].map(
        (name) => `write /etc/bento/${name}`,
      ),
      'systemctl start bento-postgresql.service',
      'systemctl start bento-valkey.service',
      'systemctl start bento-manager.target',
    ])
      expect(fallen).toContainEqual(step);
    expect(machine.calls()).toEqual(['bento-launch CompleteLifecycleAction CONTINUE']);
    expect(machine.events().filter((event) => /^stop (?!bento-logs)/.test(event))).toEqual([]);
    expect(await said('findmnt --noheadings --output LABEL /var/lib/bento')).toBe('bento-data');
    expect(await said('find /etc/bento -name ".*" -type f')).toBe('');
    volume = await uuid();
  });

  test("has the cluster's values in its broker.toml", () => {
    const toml = machine.read('/etc/bento/broker.toml');
    expect(toml).toContain('max_stake = "77"');
    expect(toml).not.toContain('max_collateral');
    expect(toml).toMatch(/^max_concurrent_preflights = 9\b/m);
  });

  test('is a prover when it is told so: nothing of the manager stays', async () => {
    await machine.run(['systemctl', 'stop', 'bento-manager.target']);
    await machine.run(['systemctl', 'stop', 'var-lib-bento.mount']);
    machine.metadata({ 'tags/instance/Role': 'prover' });
    machine.write({ [agent]: idleAgent }, 0o755);
    machine.events();
    const stores = standInStores(machine);
    const { code, log } = await machine.configure();
    stores.kill();
    expect([code, log]).toEqual([0, expect.stringContaining('this is a prover of staging')]);
    expect(Object.keys(await machine.written())).toEqual(['logs.env', 'prover.env', 'redacted.env', 'release.json']);
    expect(await said(`grep -rlF '${secretsOf['wallet-key']!}' /etc/bento || echo none`)).toBe('none');
    expect(machine.read('/etc/bento/logs.env')).toContain('LOG_GROUP="/boundless/staging/prover-cluster/prover"');
    expect(machine.events().join()).not.toMatch(/postgresql|valkey|broker|api|mount/);
  });

  test('and a manager again, with the data of before', async () => {
    await machine.run(['systemctl', 'stop', 'bento-prover.target']);
    machine.metadata({ 'tags/instance/Role': 'manager' });
    machine.write({ [agent]: programs[agent]! }, 0o755);
    const { code, log } = await machine.configure();
    expect([code, log]).toEqual([0, expect.stringContaining('this is a manager of staging')]);
    expect(log).not.toContain('formatting');
    expect(await uuid()).toBe(volume);
    expect(Object.keys(await machine.written())).not.toContain('prover.env');
    for (const canary of ['canary', 'caca']) expect(log + (await said('cat /run/journal/*'))).not.toContain(canary);
  });
});
