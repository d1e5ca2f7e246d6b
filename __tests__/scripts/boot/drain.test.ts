import { describeWith } from '../../support/tools';
import { mac, startInstance, tools, type Instance } from './instance';

jest.setTimeout(120_000);

describeWith(tools, 'an instance that is to go', () => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await startInstance('manager');
    await instance.settings({ dataVolumeId: instance.volumeId });
    expect(await instance.configure()).toMatchObject({ code: 0 });
    instance.events();
  });
  afterAll(() => instance.close());

  const again = async () => {
    await instance.run(['rm', '--force', '/run/started/broker-drained']);
    expect(await instance.configure()).toMatchObject({ code: 0 });
    instance.events();
  };
  const inOrder = [
    'stop bento-refresh.timer',
    'stop bento-manager.target',
    'stop bento-queue.timer',
    'stop bento-broker.service',
    'stop bento-api.service',
    'stop bento-aux.service',
    'stop bento-executor@01.service',
    'stop bento-valkey.service',
    'stop bento-postgresql.service',
    'stop var-lib-bento.mount',
    'stop bento-cleanup.timer',
  ];
  /** Units that wait for nobody of the others may change places. */
  const order = (events: readonly string[]) => {
    const services = events.filter((event) => event.endsWith('.service'));
    expect(services[0]).toBe('stop bento-broker.service');
    expect(services[1]).toBe('stop bento-api.service');
    expect(services.slice(2, 4).sort()).toEqual(inOrder.slice(5, 7));
    expect(services.slice(4).sort()).toEqual(inOrder.slice(7, 9).sort());
    // Provers work for the broker's last orders.
    expect(events.indexOf('stop bento-queue.timer')).toBeGreaterThan(events.indexOf('stop bento-broker.service'));
    // Else it would take a secret while the broker fulfils its orders.
    expect(events[0]).toBe('stop bento-refresh.timer');
    expect(events.at(-1)).toBe('stop var-lib-bento.mount');
    expect([...events].sort()).toEqual([...inOrder].sort());
  };

  test('keeps running while nothing ends it', async () => {
    const drain = instance.drain();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(instance.events()).toEqual([]);
    instance.metadata({ 'autoscaling/target-lifecycle-state': 'Terminated' });
    const { code, stderr } = await drain;
    expect([code, stderr]).toEqual([0, expect.stringContaining('draining: Auto Scaling ends this instance')]);
    // Units of the other role, which this image lacks, are no error.
    expect(stderr).not.toMatch(/^<[0-4]>/m);
  });

  test('stops the broker first, waits for it, and gives the volume back last', async () => {
    expect(instance.read('/run/started/broker-drained')).toBe('drained\n');
    order(instance.events());
    const { stdout } = await instance.run(['bash', '-c', 'findmnt /var/lib/bento || echo unmounted']);
    expect(stdout).toBe('unmounted\n');
  });

  test('then lets Auto Scaling go on', () => {
    expect(instance.calls().at(-1)).toBe('bento-terminate CompleteLifecycleAction CONTINUE');
  });

  test('its data is there for the next one', async () => {
    instance.metadata({ 'autoscaling/target-lifecycle-state': 'InService' });
    await instance.run(['touch', '/run/kept']);
    await again();
    const { stdout } = await instance.run(['ls', '/var/lib/bento']);
    expect(stdout).toContain('postgresql');
  });

  test('drains as well when EC2 takes its spot capacity back, or on --now', async () => {
    instance.metadata({ 'spot/instance-action': '{"action": "terminate"}' });
    const { code, stderr } = await instance.drain();
    expect([code, stderr]).toEqual([0, expect.stringContaining('spot instance is about to be taken back')]);
    order(instance.events());
    instance.metadata({ 'spot/instance-action': undefined });
    await again();
    const before = instance.calls().length;
    // Five minutes pass in 75 ms; the broker takes half a second.
    expect(await instance.drain(['--now'], { SPEED: '4000' })).toMatchObject({ code: 0 });
    order(instance.events());
    const beats = instance.calls().slice(before);
    expect(beats.pop()).toBe('bento-terminate CompleteLifecycleAction CONTINUE');
    expect(new Set(beats)).toEqual(new Set(['bento-terminate RecordLifecycleActionHeartbeat']));
  });

  test('a hook in which the instance does not wait is no failure; one that cannot be completed is', async () => {
    instance.hook(['ValidationError', 'No active Lifecycle Action found with instance ID i-0']);
    expect(await instance.drain(['--now'])).toMatchObject({ code: 0 });
    instance.hook(['AccessDenied', 'not allowed']);
    const { code, stderr } = await instance.drain(['--now']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('waits for its hook to time out')]);
    instance.hook('ok');
  });

  test('an instance whose metadata is missing stops its services anyway, and tries again', async () => {
    await again();
    instance.metadata({ mac: undefined });
    const before = instance.calls();
    const { code, stderr } = await instance.drain(['--now']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/draining without notifying Auto Scaling: the metadata service has no mac/),
    ]);
    order(instance.events());
    expect(instance.calls()).toEqual(before);
    instance.metadata({ mac });
    expect(await instance.drain(['--now'])).toMatchObject({ code: 0 });
    expect(instance.calls().slice(before.length)).toEqual(['bento-terminate CompleteLifecycleAction CONTINUE']);
  });

  test('a volume that is in use is reported, and the instance ends anyway', async () => {
    await again();
    const user = instance.run(['bash', '-c', 'cd /var/lib/bento; sleep 60']);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { code, stderr } = await instance.drain(['--now']);
    user.kill();
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/var-lib-bento.mount.*target is busy.*the instance ends anyway/),
    ]);
    expect(instance.calls().at(-1)).toBe('bento-terminate CompleteLifecycleAction CONTINUE');
  });
});
