import { describeWith } from '../../support/tools';
import { startMachine, tools, type Machine } from './machine';
import { idleAgent, standInStores } from './machine/programs';

jest.setTimeout(120_000);

const nobodyWaits = ['ValidationError', 'No active Lifecycle Action found with instance ID i-0'] as const;
const failed = 'ActiveState=failed\nNRestarts=0\n';
const failedForGood = 'ActiveState=failed\nNRestarts=40\n';
const agent = 'bento-prover@0';
const told = 'SetInstanceHealth';

describeWith(tools, 'a prover of which something has failed', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine('prover');
    machine.write({ '/usr/local/bin/bento-agent': idleAgent }, 0o755);
  });
  beforeEach(async () => {
    // Another boot.
    await machine.run(['rm', '-rf', '/run/bento-boot', '/run/states']);
    machine.hook('ok');
  });
  afterAll(() => machine.close());

  /** What OnFailure= starts, as its user. */
  const replace = async (unit: string, state: string) => {
    machine.write({ [`/run/states/${unit}.service`]: state });
    const before = machine.calls().length;
    const { code, stderr } = await machine.asUser('bento-replace', ['/usr/local/lib/boundless/replace.py', unit]);
    return { code, log: stderr, calls: machine.calls().slice(before) };
  };
  /** A boot that is refused, as systemd goes on from there. */
  const refusedBoot = async () => {
    await machine.settings({ bucket: null });
    const { code } = await machine.configure();
    await machine.settings({});
    expect(code).toBe(1);
    return replace('bento-configure', failed);
  };

  test('as it launched is abandoned, and nothing else is said', async () => {
    const { code, log, calls } = await refusedBoot();
    expect([code, calls]).toEqual([0, []]);
    expect(machine.calls().at(-1)).toBe('bento-launch CompleteLifecycleAction ABANDON');
    expect(log).toMatch(/^<6>bento-configure has failed, and the machine stays: this boot is settled/);
  });

  test('at a later boot is called unhealthy, whatever the grace period', async () => {
    machine.hook(nobodyWaits);
    await machine.settings({ bucket: null });
    expect(await machine.configure()).toMatchObject({ code: 1 });
    await machine.settings({});
    machine.hook('ok');
    const { code, log, calls } = await replace('bento-configure', failed);
    expect([code, calls]).toEqual([0, [told]]);
    expect(machine.lastCall()).toEqual({
      Action: told,
      InstanceId: machine.instanceId,
      HealthStatus: 'Unhealthy',
      ShouldRespectGracePeriod: 'false',
    });
    expect(log).toContain('<3>bento-configure has failed for good: this machine is to be replaced');
  });

  test('whose boot did not end by itself is called unhealthy as well', async () => {
    expect(await replace('bento-configure', failed)).toMatchObject({ code: 0, calls: [told] });
  });

  test('stays when it works, and its configuration is run again and refused', async () => {
    const stores = standInStores(machine);
    expect(await machine.configure()).toMatchObject({ code: 0 });
    stores.kill();
    machine.hook(nobodyWaits);
    expect(await refusedBoot()).toMatchObject({ code: 0, calls: [] });
  });

  test('stays when only its settings were looked at: that settles nothing', async () => {
    expect(await machine.configure({}, '--check')).toMatchObject({ code: 0 });
    expect(await replace('bento-configure', failed)).toMatchObject({ calls: [told] });
  });

  test.each([
    ['that systemd gave up', failedForGood, [told]],
    // From systemd 254 on each failure calls, also where a restart follows.
    ['that is started again', 'ActiveState=activating\nNRestarts=3\n', []],
    ['that works again', 'ActiveState=active\nNRestarts=3\n', []],
    ['that failed as somebody stopped it', failed, []],
  ])('an agent %s', async (_, state, calls) => {
    expect(await replace(agent, state)).toMatchObject({ code: 0, calls });
  });

  test.each([
    ['autoscaling/target-lifecycle-state', 'Terminated', 'InService'],
    ['spot/instance-action', '{"action": "terminate"}', undefined],
  ])('on its way out it is left to it: %s', async (name, value, before) => {
    machine.metadata({ [name]: value });
    expect(await replace(agent, failedForGood)).toMatchObject({ code: 0, calls: [] });
    machine.metadata({ [name]: before });
  });

  test('that belongs to no group is left alone, and says so', async () => {
    const name = 'tags/instance/aws:autoscaling:groupName';
    machine.metadata({ [name]: undefined });
    const { code, log, calls } = await replace(agent, failedForGood);
    expect([code, calls, log]).toEqual([0, [], expect.stringMatching(/^<3>.*nobody replaces this machine/)]);
    machine.metadata({ [name]: 'prover-cluster-staging-prover' });
  });

  test('that cannot tell is tried again, and says why', async () => {
    machine.hook(['AccessDenied', 'not allowed']);
    const { code, log } = await replace(agent, failedForGood);
    expect([code, log]).toEqual([1, expect.stringMatching(/<3>Auto Scaling could not be told.*AccessDenied/)]);
  });

  describe('before an agent that failed is tried again', () => {
    const afterwards = async (result: string, seconds: string) => {
      const since = Date.now();
      const { code, stderr } = await machine.run(
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
      return { code, said: stderr, seconds: (Date.now() - since) / 1000 };
    };

    test('the manager is waited for', async () => {
      const waiting = afterwards('exit-code', '30');
      await new Promise((resolve) => setTimeout(resolve, 2500));
      const stores = standInStores(machine);
      const { code, said, seconds } = await waiting;
      expect(await afterwards('exit-code', '30')).toMatchObject({ code: 0, said: '' });
      stores.kill();
      await stores;
      expect([code, said]).toEqual([0, '']);
      expect(seconds).toBeGreaterThan(2.5);
    });

    test('a manager that stays away is not waited for any longer', async () => {
      expect(await afterwards('exit-code', '1')).toMatchObject({ code: 0, said: 'the manager does not answer\n' });
    });

    test('an agent that was stopped waits for nobody', async () => {
      const { code, said, seconds } = await afterwards('success', '30');
      expect([code, said]).toEqual([0, '']);
      expect(seconds).toBeLessThan(2);
    });
  });
});
