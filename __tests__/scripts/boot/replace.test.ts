import { describeWith } from '../../support/tools';
import { startInstance, tools, type Instance } from './instance';
import { idleAgent, standInStores } from './instance/programs';

jest.setTimeout(120_000);

const nobodyWaits = ['ValidationError', 'No active Lifecycle Action found with instance ID i-0'] as const;
const failed = 'ActiveState=failed\nNRestarts=0\n';
const failedForGood = 'ActiveState=failed\nNRestarts=40\n';
const agent = 'bento-prover@0';
const setHealth = 'SetInstanceHealth';

describeWith(tools, 'a prover with a failed unit', () => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await startInstance('prover');
    instance.write({ '/usr/local/bin/bento-agent': idleAgent }, 0o755);
  });
  beforeEach(async () => {
    // Another boot.
    await instance.run(['rm', '-rf', '/run/bento-boot', '/run/states']);
    instance.hook('ok');
  });
  afterAll(() => instance.close());

  /** What OnFailure= starts, as its user. */
  const replace = async (unit: string, state: string) => {
    instance.write({ [`/run/states/${unit}.service`]: state });
    const before = instance.calls().length;
    const { code, stderr } = await instance.asUser('bento-replace', ['/usr/local/lib/boundless/replace.py', unit]);
    return { code, log: stderr, calls: instance.calls().slice(before) };
  };
  /** A boot that is refused, as systemd goes on from there. */
  const refusedBoot = async () => {
    await instance.settings({ bucket: null });
    const { code } = await instance.configure();
    await instance.settings({});
    expect(code).toBe(1);
    return replace('bento-configure', failed);
  };

  test('at its launch is abandoned, and nothing else is called', async () => {
    const { code, log, calls } = await refusedBoot();
    expect([code, calls]).toEqual([0, []]);
    expect(instance.calls().at(-1)).toBe('bento-launch CompleteLifecycleAction ABANDON');
    expect(log).toMatch(/^<6>bento-configure has failed, and the instance stays: this boot is done/);
  });

  test('at a later boot is set unhealthy, whatever the grace period', async () => {
    instance.hook(nobodyWaits);
    await instance.settings({ bucket: null });
    expect(await instance.configure()).toMatchObject({ code: 1 });
    await instance.settings({});
    instance.hook('ok');
    const { code, log, calls } = await replace('bento-configure', failed);
    expect([code, calls]).toEqual([0, [setHealth]]);
    expect(instance.lastCall()).toEqual({
      Action: setHealth,
      InstanceId: instance.instanceId,
      HealthStatus: 'Unhealthy',
      ShouldRespectGracePeriod: 'false',
    });
    expect(log).toContain('<3>bento-configure has failed for good: this instance is to be replaced');
  });

  test('whose boot did not end by itself is set unhealthy as well', async () => {
    expect(await replace('bento-configure', failed)).toMatchObject({ code: 0, calls: [setHealth] });
  });

  test('stays when it works, and its configuration is run again and refused', async () => {
    const stores = standInStores(instance);
    expect(await instance.configure()).toMatchObject({ code: 0 });
    stores.kill();
    instance.hook(nobodyWaits);
    expect(await refusedBoot()).toMatchObject({ code: 0, calls: [] });
  });

  test('is replaced after --check, which does not count as a boot that worked', async () => {
    expect(await instance.configure({}, '--check')).toMatchObject({ code: 0 });
    expect(await replace('bento-configure', failed)).toMatchObject({ calls: [setHealth] });
  });

  test.each([
    ['that systemd gave up', failedForGood, [setHealth]],
    // From systemd 254 on each failure calls, also where a restart follows.
    ['that is started again', 'ActiveState=activating\nNRestarts=3\n', []],
    ['that works again', 'ActiveState=active\nNRestarts=3\n', []],
    ['that failed as an operator stopped it', failed, []],
  ])('an agent %s', async (_, state, calls) => {
    expect(await replace(agent, state)).toMatchObject({ code: 0, calls });
  });

  test.each([
    ['autoscaling/target-lifecycle-state', 'Terminated', 'InService'],
    ['spot/instance-action', '{"action": "terminate"}', undefined],
  ])('an instance that is ending already is not set unhealthy: %s', async (name, value, before) => {
    instance.metadata({ [name]: value });
    expect(await replace(agent, failedForGood)).toMatchObject({ code: 0, calls: [] });
    instance.metadata({ [name]: before });
  });

  test('that belongs to no group stays, and an error is logged', async () => {
    const name = 'tags/instance/aws:autoscaling:groupName';
    instance.metadata({ [name]: undefined });
    const { code, log, calls } = await replace(agent, failedForGood);
    expect([code, calls, log]).toEqual([0, [], expect.stringMatching(/^<3>.*nothing replaces this instance/)]);
    instance.metadata({ [name]: 'prover-cluster-staging-prover' });
  });

  test('that may not call Auto Scaling fails, so that it is tried again, and logs the reason', async () => {
    instance.hook(['AccessDenied', 'not allowed']);
    const { code, log } = await replace(agent, failedForGood);
    expect([code, log]).toEqual([1, expect.stringMatching(/<3>Auto Scaling could not be notified.*AccessDenied/)]);
  });

  describe('before an agent that failed is tried again', () => {
    const afterwards = async (result: string, seconds: string) => {
      const since = Date.now();
      const { code, stderr } = await instance.run(
        [
          ...['setpriv', '--reuid=bento', '--regid=bento', '--clear-groups'],
          '/usr/local/lib/boundless/await-manager.sh',
        ],
        {
          SERVICE_RESULT: result,
          WITHIN_S: seconds,
          DATABASE_URL: 'postgresql://bento:p%40ss@127.0.0.9:5432/taskdb',
          REDIS_URL: 'redis://default:p%40ss@127.0.0.9:6379/0',
        },
      );
      return { code, output: stderr, seconds: (Date.now() - since) / 1000 };
    };

    test('it waits for the manager', async () => {
      const waiting = afterwards('exit-code', '30');
      await new Promise((resolve) => setTimeout(resolve, 2500));
      const stores = standInStores(instance);
      const { code, output, seconds } = await waiting;
      expect(await afterwards('exit-code', '30')).toMatchObject({ code: 0, output: '' });
      stores.kill();
      await stores;
      expect([code, output]).toEqual([0, '']);
      expect(seconds).toBeGreaterThan(2.5);
    });

    test('it stops waiting for a manager that does not come back', async () => {
      expect(await afterwards('exit-code', '1')).toMatchObject({ code: 0, output: 'the manager does not answer\n' });
    });

    test('an agent that was stopped does not wait', async () => {
      const { code, output, seconds } = await afterwards('success', '30');
      expect([code, output]).toEqual([0, '']);
      expect(seconds).toBeLessThan(2);
    });
  });
});
