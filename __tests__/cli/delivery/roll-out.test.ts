import { StartInstanceRefreshCommand } from '@aws-sdk/client-auto-scaling';
import { instanceRoles } from '../../../config/names';
import { configurationOf, imageOf } from './support/auto-scaling-model';
import { allOf, ModelledCluster } from './support/modelled-cluster';

let cluster: ModelledCluster;
beforeEach(() => {
  cluster = new ModelledCluster('7');
});

test('a new version: what the stack asks for is started, and Auto Scaling saves it', async () => {
  cluster.model.apply('8');
  // Between apply and rollout, and before the refresh: the version of before.
  cluster.model.scale('prover', 3);
  expect(cluster.model.runs('prover')).toEqual(['7', ['7', '7', '7']]);
  await cluster.rollOut({ images: { manager: imageOf('8'), prover: imageOf('8') } });
  expect(cluster.runs()).toEqual(allOf('8', 3));
  expect(cluster.model.calls).toEqual(['start manager 8', 'start prover 8']);
  const [manager, prover] = cluster.aws.commandCalls(StartInstanceRefreshCommand).map(({ args: [{ input }] }) => input);
  expect(manager).toEqual({
    AutoScalingGroupName: 'prover-cluster-staging-manager',
    Strategy: 'Rolling',
    DesiredConfiguration: configurationOf('manager', '8'),
    Preferences: expect.objectContaining({
      AutoRollback: true,
      SkipMatching: true,
      AlarmSpecification: { Alarms: ['manager-boot-failures'] },
    }) as unknown,
  });
  expect(prover?.DesiredConfiguration).toEqual(configurationOf('prover', '8'));
  // Again: nothing is left to do.
  await cluster.rollOut();
  expect(cluster.model.calls).toHaveLength(2);
});

test('a first deployment has nothing to roll out', async () => {
  await cluster.rollOut();
  expect(cluster.model.calls).toEqual([]);
  expect(cluster.lines).toEqual([
    expect.stringContaining('manager: 1 of 1 instances') as string,
    expect.stringContaining('prover: 2 of 2 instances') as string,
  ]);
});

test('images that another deployment applied are not rolled out', async () => {
  cluster.model.apply('8');
  const images = { manager: imageOf('7'), prover: imageOf('8') };
  expect(await cluster.refusal({ images })).toContain(`manager: ${imageOf('8')}, not ${imageOf('7')}`);
  expect(cluster.model.calls).toEqual([]);
});

test.each([['{}'], ['no JSON']])('what this commit cannot read is not rolled out: %s', async (text) => {
  cluster.model.wanted = text as never;
  expect(await cluster.refusal()).toContain('deploy prover-cluster-staging of this commit');
});

test('before the stack is deployed, it is what has to be deployed', async () => {
  expect(await cluster.refusal({ environment: 'production' })).toContain(
    'There is no parameter /boundless/production/prover-cluster/rollout',
  );
});

test('alarms that the fix ends do not roll it back', async () => {
  cluster.model.apply('8');
  cluster.model.bad.add('8');
  await cluster.rollOut({ ignoreAlarms: true });
  expect(cluster.runs()).toEqual(allOf('8'));
  for (const { args } of cluster.aws.commandCalls(StartInstanceRefreshCommand)) {
    expect(args[0].input.Preferences).toMatchObject({ AutoRollback: true });
    expect(args[0].input.Preferences).not.toHaveProperty('AlarmSpecification');
  }
});

test('a refresh that shows up one look late is waited for', async () => {
  cluster.model.apply('8');
  cluster.model.late = true;
  await cluster.rollOut();
  expect(cluster.runs()).toEqual(allOf('8'));
  expect(cluster.lines.join('\n')).toMatch(/the refresh r-\d+ is not listed yet/);
});

test('a version that a refresh has brought is saved in any case', async () => {
  cluster.model.apply('8');
  cluster.model.saves = false;
  await cluster.rollOut();
  expect(cluster.runs()).toEqual(allOf('8'));
  expect(cluster.model.calls).toEqual(['start manager 8', 'start prover 8', 'update manager 8', 'update prover 8']);
  expect(cluster.lines.join('\n')).toContain('version 8 is not saved yet');
});

test('instances of another version that stay after the refresh fail the rollout, and not at the first look', async () => {
  cluster.model.apply('8');
  let looks = 0;
  const refused = await cluster.refusal({
    sleep: () => {
      cluster.model.tick();
      const { refreshes, instances } = cluster.model.group('prover');
      if (refreshes[0]?.Status === 'Successful' && (looks += 1) > 0) instances[0] = { id: 'i-late', version: '7' };
      return Promise.resolve();
    },
  });
  expect(refused).toContain('i-late still run version 7 of the template, not 8');
  expect(looks).toBeGreaterThan(2);
});

test('a group without instances gets the version as well', async () => {
  cluster = new ModelledCluster('7', { manager: 0, prover: 0 });
  cluster.model.apply('8');
  await cluster.rollOut();
  expect(cluster.model.calls).toEqual(['update manager 8', 'update prover 8']);
  cluster.model.scale('prover', 1);
  expect(cluster.model.runs('prover')).toEqual(['8', ['8']]);
});

test('a group whose instances all match gets the version as well', async () => {
  cluster.model.apply('8');
  cluster.model.group('prover').instances = ['a', 'b'].map((id) => ({ id, version: '8' }));
  await cluster.rollOut();
  expect(cluster.runs()).toEqual(allOf('8'));
  expect(cluster.model.calls).toEqual(['start manager 8', 'start prover 8']);
});

test('another purchase option is rolled out like another version', async () => {
  const { prover } = cluster.model.wanted;
  const configuration = configurationOf('prover', '7');
  if (!('MixedInstancesPolicy' in configuration)) throw new Error('provers are of several types');
  const { LaunchTemplate, InstancesDistribution } = configuration.MixedInstancesPolicy;
  const wanted = { LaunchTemplate, InstancesDistribution: { ...InstancesDistribution, OnDemandBaseCapacity: 1 } };
  cluster.model.wanted = {
    ...cluster.model.wanted,
    prover: { ...prover, desiredConfiguration: { MixedInstancesPolicy: wanted } },
  };
  await cluster.rollOut();
  expect(cluster.model.calls).toEqual(['start prover 7']);
  expect(cluster.model.group('prover').saved).toEqual({ MixedInstancesPolicy: wanted });
});

test('a changed heartbeat is put on the group, and replaces nothing', async () => {
  const longer = (wanted: (typeof cluster.model.wanted)['manager']) => ({
    ...wanted,
    hooks: wanted.hooks.map((hook) =>
      hook.LifecycleHookName === 'bento-terminate' ? { ...hook, HeartbeatTimeout: 1200 } : hook,
    ),
  });
  cluster.model.wanted = { manager: longer(cluster.model.wanted.manager), prover: longer(cluster.model.wanted.prover) };
  const before = instanceRoles.map((role) => cluster.model.group(role).instances.map(({ id }) => id));
  await cluster.rollOut();
  expect(cluster.model.calls).toEqual(['hook manager bento-terminate', 'hook prover bento-terminate']);
  expect(instanceRoles.map((role) => cluster.model.group(role).instances.map(({ id }) => id))).toEqual(before);
  expect(cluster.model.group('manager').hooks).toContainEqual(
    expect.objectContaining({ LifecycleHookName: 'bento-terminate', HeartbeatTimeout: 1200 }),
  );
});

test('a hook that is gone is put again before any instance is replaced', async () => {
  cluster.model.apply('8');
  cluster.model.group('manager').hooks = [];
  await cluster.rollOut();
  expect(cluster.model.calls.filter((call) => call.includes('manager'))).toEqual([
    'hook manager bento-launch',
    'hook manager bento-terminate',
    'start manager 8',
  ]);
});

describe('instances that do not come', () => {
  const why = 'Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity.';
  const activity = (changes: object) =>
    ({ StatusCode: 'Failed', StatusMessage: why, StartTime: new Date(), ...changes }) as never;

  test('are explained while it waits, and at the end', async () => {
    cluster.model.group('prover').instances = [];
    cluster.model.group('prover').activities = [
      activity({ StatusCode: 'Successful', StatusMessage: 'fine' }),
      activity({}),
      activity({ StatusMessage: 'of last week', StartTime: new Date(Date.now() - 7 * 86_400_000) }),
      activity({}),
    ];
    const refused = await cluster.refusal({ limitMinutes: 1 });
    expect(cluster.lines.filter((line) => line.includes(why))).toEqual([
      `prover-cluster-staging-prover: Auto Scaling: ${why}`,
    ]);
    expect(refused).toContain('The rollout took longer than 1 minutes (ROLLOUT_MINUTES)');
    expect(refused).toContain(`0 of 2 instances in service and healthy on ${imageOf('7')}; Auto Scaling: ${why}`);
    expect(refused).toContain('make rollout ENV=staging; it follows the same refresh');
    expect(refused + cluster.lines.join('')).not.toMatch(/fine|of last week/);
  });

  test('are explained where their refresh fails', async () => {
    cluster.model.apply('8');
    cluster.model.bad.add('8');
    cluster.model.group('prover').activities = [activity({})];
    expect(await cluster.refusal()).toContain(`Auto Scaling: ${why}`);
  });
});

test('an answer that fails once does not end the wait; one that always fails ends this group alone', async () => {
  cluster.model.apply('8');
  const start = cluster.model.start.bind(cluster.model);
  let failures = 1;
  cluster.aws.on(StartInstanceRefreshCommand).callsFake((input: Parameters<typeof start>[0]) => {
    if (failures-- > 0) throw new Error('a network error');
    return start(input);
  });
  await cluster.rollOut();
  expect(cluster.runs()).toEqual(allOf('8'));

  cluster.model.apply('9');
  cluster.aws.on(StartInstanceRefreshCommand).callsFake((input: Parameters<typeof start>[0]) => {
    if (input.AutoScalingGroupName?.endsWith('manager')) throw new Error('AccessDenied');
    return start(input);
  });
  expect(await cluster.refusal()).toContain('prover-cluster-staging-manager: AccessDenied');
  expect(cluster.model.runs('prover')).toEqual(['9', ['9', '9']]);
});
