import { brokerTomlOf } from '../../../config/broker/configuration';
import { describeWith } from '../../support/tools';
import { secretsOf, startInstance, tools, type Instance } from './instance';
import { idleAgent, programs, standInStores } from './instance/programs';

// An instance that boots again and again, on a computer that does other things too.
jest.setTimeout(600_000);

const agent = '/usr/local/bin/bento-agent';

describeWith(tools, 'an instance of the unified image', () => {
  let instance: Instance;
  let crashes: string[];
  beforeAll(async () => {
    instance = await startInstance('manager', { image: 'bento' });
    await instance.settings({ dataVolumeId: instance.volumeId });
    await instance.broker({ market: { max_stake: '77', max_concurrent_preflights: 9 } });
    crashes = await instance.configureWithCrashes();
  });
  afterAll(() => instance.close());

  const printed = async (script: string) => (await instance.run(['bash', '-euc', script])).stdout.trim();
  const uuid = () => printed('blkid -o value -s UUID "$(cat /run/loop)"');
  let volume: string;

  test('becomes a manager though its first boot crashes at every step', async () => {
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
      expect(crashes).toContainEqual(step);
    expect(instance.calls()).toEqual(['bento-launch CompleteLifecycleAction CONTINUE']);
    expect(instance.events().filter((event) => /^stop (?!bento-logs)/.test(event))).toEqual([]);
    expect(await printed('findmnt --noheadings --output LABEL /var/lib/bento')).toBe('bento-data');
    expect(await printed('find /etc/bento -name ".*" -type f')).toBe('');
    volume = await uuid();
  });

  test("has the cluster's values in its broker.toml", () => {
    const toml = instance.read('/etc/bento/broker.toml');
    expect(toml).toBe(
      brokerTomlOf({ market: { max_stake: '77', max_concurrent_preflights: 9 }, prover: {}, batcher: {} }, '1.2.2'),
    );
    expect(toml).toContain('max_collateral = "77"');
    expect(toml).toContain('max_concurrent_preflights = 9');
  });

  test('becomes a prover when its tag changes: nothing of the manager stays', async () => {
    await instance.run(['systemctl', 'stop', 'bento-manager.target']);
    await instance.run(['systemctl', 'stop', 'var-lib-bento.mount']);
    instance.metadata({ 'tags/instance/Role': 'prover' });
    instance.write({ [agent]: idleAgent }, 0o755);
    instance.events();
    const stores = standInStores(instance);
    const { code, log } = await instance.configure();
    stores.kill();
    expect([code, log]).toEqual([0, expect.stringContaining('this is a prover of staging')]);
    expect(Object.keys(await instance.written())).toEqual(['logs.env', 'prover.env', 'redacted.env', 'release.json']);
    expect(await printed(`grep -rlF '${secretsOf['wallet-key']!}' /etc/bento || echo none`)).toBe('none');
    expect(instance.read('/etc/bento/logs.env')).toContain('LOG_GROUP="/boundless/staging/prover-cluster/prover"');
    expect(instance.events().join()).not.toMatch(/postgresql|valkey|broker|api|mount/);
  });

  test('becomes a manager again, with its previous data', async () => {
    await instance.run(['systemctl', 'stop', 'bento-prover.target']);
    instance.metadata({ 'tags/instance/Role': 'manager' });
    instance.write({ [agent]: programs[agent]! }, 0o755);
    const { code, log } = await instance.configure();
    expect([code, log]).toEqual([0, expect.stringContaining('this is a manager of staging')]);
    expect(log).not.toContain('formatting');
    expect(await uuid()).toBe(volume);
    expect(Object.keys(await instance.written())).not.toContain('prover.env');
    for (const canary of ['canary', 'caca']) expect(log + (await printed('cat /run/journal/*'))).not.toContain(canary);
  });
});
