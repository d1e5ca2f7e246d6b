import { describeWith } from '../../support/tools';
import { startInstance, tools, type Instance } from './instance';
import { idleAgent, standInStores } from './instance/programs';

jest.setTimeout(120_000);

describeWith(tools, 'a prover', () => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await startInstance('prover', { image: 'bento', version: 'v1.0.1', brokerVersion: 'v1.0.0' });
    await instance.secrets({ 'wallet-key': undefined, 'rpc-urls': undefined });
  });
  afterAll(() => instance.close());

  test('waits for the stores of the manager, and then starts an agent for each GPU', async () => {
    // Five minutes pass in 3 s: long enough for a heartbeat of the hook.
    const run = instance.configure({ SPEED: '100' });
    for (let tries = 0; instance.calls().length === 0 && tries < 300; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(instance.calls()).toEqual(['bento-launch RecordLifecycleActionHeartbeat']);
    expect(instance.events()).toEqual([
      'start bento-logs.service',
      'stop bento-logs.service',
      'start bento-logs.service',
    ]);
    const stores = standInStores(instance);
    // The agents of this test would migrate a database that is not there.
    instance.write({ '/usr/local/bin/bento-agent': idleAgent }, 0o755);
    expect(await run).toMatchObject({ code: 0 });
    stores.kill();
    expect(instance.events()).toEqual([
      'start bento-prover.target',
      'start bento-prover.service',
      'start bento-prover@0.service',
      'start bento-prover@1.service',
      'start bento-refresh.timer',
    ]);
    expect(instance.calls().filter((call) => !call.includes('Heartbeat'))).toEqual([
      'bento-launch CompleteLifecycleAction CONTINUE',
    ]);
  });

  test('gives each agent its GPU, its port and its folder', () => {
    for (const gpu of [0, 1]) {
      const variables = instance.read(`/run/started/agent-910${gpu}.env`);
      expect(variables).toContain(`CUDA_VISIBLE_DEVICES=${gpu}\n`);
      expect(variables).toContain('RISC0_HOME=/opt/risc0\n');
      expect(variables).toContain(`STATE_DIRECTORY=/var/lib/bento/prover-${gpu}\n`);
      expect(instance.read(`/run/started/agent-910${gpu}`)).toBe('-t prove --redis-ttl 57600\n');
    }
  });

  test('has no secret of the manager, nor its files', async () => {
    expect(await instance.written()).toEqual({
      'logs.env': '644 root:root',
      'prover.env': '600 root:root',
      'redacted.env': '600 root:root',
      'release.json': '644 root:root',
    });
    expect(instance.read('/etc/bento/prover.env')).not.toMatch(/PRIVATE_KEY|RPC_URL|POVW/);
    expect(instance.read('/etc/bento/logs.env')).toContain('vector-gpu.yaml');
  });

  test('forgets the files of a role that it had before', async () => {
    instance.write({ '/etc/bento/broker.env': 'PRIVATE_KEY="canary"\n' }, 0o600);
    const stores = standInStores(instance);
    expect(await instance.configure()).toMatchObject({ code: 0 });
    stores.kill();
    expect(Object.keys(await instance.written())).not.toContain('broker.env');
  });

  test('takes a new password to every agent', async () => {
    await instance.secrets({ 'database-password': 'canary-new' });
    instance.events();
    const stores = standInStores(instance);
    expect(await instance.configure()).toMatchObject({ code: 0 });
    stores.kill();
    expect(instance.events().filter((event) => !event.endsWith('bento-logs.service'))).toEqual(
      [0, 1].flatMap((gpu) => [`stop bento-prover@${gpu}.service`, `start bento-prover@${gpu}.service`]),
    );
  });

  test('ends when its capacity is taken back: agents stop, and nothing else is missed', async () => {
    instance.metadata({ 'spot/instance-action': '{"action": "terminate", "time": "2026-01-01T00:00:00Z"}' });
    instance.events();
    const { code, stderr } = await instance.drain();
    expect([code, stderr]).toEqual([0, expect.not.stringMatching(/^<[0-4]>/m)]);
    expect(instance.events().sort()).toEqual([
      'stop bento-prover.service',
      'stop bento-prover.target',
      'stop bento-prover@0.service',
      'stop bento-prover@1.service',
      'stop bento-refresh.timer',
    ]);
    expect(instance.calls().at(-1)).toBe('bento-terminate CompleteLifecycleAction CONTINUE');
    instance.metadata({ 'spot/instance-action': undefined });
  });

  test.each([
    ['', 'none'],
    ['No devices were found\n', 'No devices were found'],
  ])('without a GPU is given up: %j', async (listed, printed) => {
    await instance.run(['systemctl', 'stop', 'bento-prover.target']);
    instance.write({ '/run/gpus': listed });
    const stores = standInStores(instance);
    const { code } = await instance.configure();
    stores.kill();
    expect(code).toBe(1);
    expect(instance.calls().at(-1)).toBe('bento-launch CompleteLifecycleAction ABANDON');
    expect(instance.read('/run/journal/bento-prover.service.log')).toContain(`nvidia-smi lists: ${printed}`);
  });
});
