import { describeWith } from '../../support/tools';
import { mac, startMachine, tools, type Machine } from './machine';

jest.setTimeout(120_000);

describeWith(tools, 'a machine that is to go', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine('manager');
    await machine.settings({ dataVolumeId: machine.volumeId });
    expect(await machine.configure()).toMatchObject({ code: 0 });
    machine.events();
  });
  afterAll(() => machine.close());

  const again = async () => {
    await machine.run(['rm', '--force', '/run/started/broker-drained']);
    expect(await machine.configure()).toMatchObject({ code: 0 });
    machine.events();
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

  test('stays while nobody wants it gone', async () => {
    const drain = machine.drain();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(machine.events()).toEqual([]);
    machine.metadata({ 'autoscaling/target-lifecycle-state': 'Terminated' });
    const { code, stderr } = await drain;
    expect([code, stderr]).toEqual([0, expect.stringContaining('draining: Auto Scaling ends this machine')]);
    // Units of the other role, which this image lacks, are no error.
    expect(stderr).not.toMatch(/^<[0-4]>/m);
  });

  test('stops the broker first, waits for it, and gives the volume back last', async () => {
    expect(machine.read('/run/started/broker-drained')).toBe('drained\n');
    order(machine.events());
    const { stdout } = await machine.run(['bash', '-c', 'findmnt /var/lib/bento || echo unmounted']);
    expect(stdout).toBe('unmounted\n');
  });

  test('then lets Auto Scaling go on', () => {
    expect(machine.calls().at(-1)).toBe('bento-terminate CompleteLifecycleAction CONTINUE');
  });

  test('its data is there for the next one', async () => {
    machine.metadata({ 'autoscaling/target-lifecycle-state': 'InService' });
    await machine.run(['touch', '/run/kept']);
    await again();
    const { stdout } = await machine.run(['ls', '/var/lib/bento']);
    expect(stdout).toContain('postgresql');
  });

  test('goes as well when EC2 takes its spot capacity back, or a person asks', async () => {
    machine.metadata({ 'spot/instance-action': '{"action": "terminate"}' });
    const { code, stderr } = await machine.drain();
    expect([code, stderr]).toEqual([0, expect.stringContaining('spot machine is about to be taken back')]);
    order(machine.events());
    machine.metadata({ 'spot/instance-action': undefined });
    await again();
    const told = machine.calls().length;
    // Five minutes pass in 75 ms; the broker takes half a second.
    expect(await machine.drain(['--now'], { SPEED: '4000' })).toMatchObject({ code: 0 });
    order(machine.events());
    const beats = machine.calls().slice(told);
    expect(beats.pop()).toBe('bento-terminate CompleteLifecycleAction CONTINUE');
    expect(new Set(beats)).toEqual(new Set(['bento-terminate RecordLifecycleActionHeartbeat']));
  });

  test('a hook that nobody waits in is no failure; one that cannot be told is', async () => {
    machine.hook(['ValidationError', 'No active Lifecycle Action found with instance ID i-0']);
    expect(await machine.drain(['--now'])).toMatchObject({ code: 0 });
    machine.hook(['AccessDenied', 'not allowed']);
    const { code, stderr } = await machine.drain(['--now']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('waits for its hook to run out')]);
    machine.hook('ok');
  });

  test('a machine that does not know itself stops all the same, and tries again', async () => {
    await again();
    machine.metadata({ mac: undefined });
    const told = machine.calls();
    const { code, stderr } = await machine.drain(['--now']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/draining without a word to Auto Scaling: the metadata service has no mac/),
    ]);
    order(machine.events());
    expect(machine.calls()).toEqual(told);
    machine.metadata({ mac });
    expect(await machine.drain(['--now'])).toMatchObject({ code: 0 });
    expect(machine.calls().slice(told.length)).toEqual(['bento-terminate CompleteLifecycleAction CONTINUE']);
  });

  test('a volume that is in use is said so, and the machine ends anyway', async () => {
    await again();
    const user = machine.run(['bash', '-c', 'cd /var/lib/bento; sleep 60']);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { code, stderr } = await machine.drain(['--now']);
    user.kill();
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/var-lib-bento.mount.*target is busy.*the machine ends anyway/),
    ]);
    expect(machine.calls().at(-1)).toBe('bento-terminate CompleteLifecycleAction CONTINUE');
  });
});
