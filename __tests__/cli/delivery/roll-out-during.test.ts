import {
  CancelInstanceRefreshCommand,
  StartInstanceRefreshCommand,
  type DesiredConfiguration,
} from '@aws-sdk/client-auto-scaling';
import { configurationOf, imageOf } from './support/auto-scaling-model';
import { allOf, ModelledCluster } from './support/modelled-cluster';

let cluster: ModelledCluster;
beforeEach(() => {
  cluster = new ModelledCluster('7');
});

describe('a refresh that is rolled back', () => {
  test('ends on the version of before, by itself, for manager and provers', async () => {
    cluster.model.apply('8');
    cluster.model.bad.add('8');
    const refused = await cluster.refusal();
    expect(cluster.runs()).toEqual(allOf('7'));
    expect(cluster.model.calls).toEqual(['start manager 8', 'start prover 8']);
    expect(refused).toContain('ended with RollbackSuccessful: An alarm went into the ALARM state.');
    expect(refused).toContain(`it launches version 7 (${imageOf('7')}), and has no instance of another version`);
    expect(refused).toContain('make rollout ENV=staging (IGNORE_ALARMS=1 for a fix, while its alarms fire)');
  });

  test('ended on the bad one while Terraform saved it first: the order of calls of the AWS provider', () => {
    cluster.model.bad.add('8');
    for (const [AutoScalingGroupName, group] of Object.entries(cluster.model.groups)) {
      const role = AutoScalingGroupName.endsWith('manager') ? 'manager' : 'prover';
      const configuration: DesiredConfiguration = configurationOf(role, '8');
      cluster.model.update({ AutoScalingGroupName, ...configuration });
      cluster.model.start({
        AutoScalingGroupName,
        DesiredConfiguration: configuration,
        Preferences: cluster.model.wanted[role].preferences,
      });
      while (group.refreshes[0]?.EndTime === undefined) cluster.model.tick();
    }
    expect(cluster.runs()).toEqual(allOf('8'));
  });

  test('does not stop the other group', async () => {
    cluster.model.apply('8');
    const start = cluster.model.start.bind(cluster.model);
    // Only provers are bad.
    cluster.aws.on(StartInstanceRefreshCommand).callsFake((input: Parameters<typeof start>[0]) => {
      const manager = input.AutoScalingGroupName?.endsWith('manager') === true;
      return start(manager ? { ...input, Preferences: {} } : input);
    });
    cluster.model.bad.add('8');
    expect(await cluster.refusal()).toMatch(/The rollout failed:\n {2}- prover-cluster-staging-prover: [^\n]*\nDeploy/);
    expect(cluster.model.runs('manager')).toEqual(['8', ['8']]);
    expect(cluster.model.runs('prover')).toEqual(['7', ['7', '7']]);
  });

  test('is followed to its end by a repetition, which does not start the bad version again', async () => {
    cluster.model.apply('8');
    cluster.model.bad.add('8');
    await cluster.killedAfter(0);
    expect(await cluster.refusal()).toContain('RollbackSuccessful');
    expect(cluster.model.calls).toEqual(['start manager 8', 'start prover 8']);
    expect(cluster.runs()).toEqual(allOf('7'));
  });
});

describe('a deployment while a refresh runs', () => {
  test('changes nothing that the refresh holds, and a fix comes in between', async () => {
    cluster = new ModelledCluster('7', { manager: 1, prover: 8 });
    cluster.model.apply('8');
    await cluster.killedAfter(2);
    cluster.model.apply('9');
    await cluster.rollOut();
    expect(cluster.runs()).toEqual(allOf('9', 8));
    expect(cluster.model.calls).toEqual([
      'start manager 8',
      'start prover 8',
      'start manager 9',
      'cancel prover 8',
      'start prover 9',
    ]);
    // It is not waited for a manager that drains for hours.
    expect(cluster.aws.commandCalls(CancelInstanceRefreshCommand)[0]?.args[0].input.WaitForTransitioningInstances).toBe(
      false,
    );
    expect(cluster.lines.join('\n')).toMatch(/prover: cancelled the refresh to version 8, r-\d+/);
  });

  test('a rollback is a deployment of the version of before', async () => {
    cluster = new ModelledCluster('7', { manager: 1, prover: 8 });
    cluster.model.apply('8');
    await cluster.killedAfter(2);
    cluster.model.apply('7');
    await cluster.rollOut();
    expect(cluster.runs()).toEqual(allOf('7', 8));
  });

  test('a fix that is bad as well ends on the version that was last good', async () => {
    cluster = new ModelledCluster('7', { manager: 1, prover: 8 });
    cluster.model.apply('8');
    await cluster.killedAfter(4);
    expect(cluster.model.runs('prover')[1]).toContain('8');
    cluster.model.apply('9');
    cluster.model.bad.add('9');
    await cluster.refusal({ limitMinutes: 30 });
    expect(cluster.model.runs('prover')).toEqual(['7', Array<string>(8).fill('7')]);
  });

  test('one that is being rolled back is waited for, and then the fix is started', async () => {
    cluster = new ModelledCluster('7', { manager: 1, prover: 8 });
    cluster.model.apply('8');
    cluster.model.bad.add('8');
    await cluster.killedAfter(0);
    cluster.model.apply('9');
    await cluster.rollOut();
    expect(cluster.runs()).toEqual(allOf('9', 8));
    expect(cluster.model.calls.filter((call) => call.startsWith('cancel'))).toEqual([]);
    expect(cluster.lines.join('\n')).toContain('waiting for the refresh RollbackInProgress');
  });

  test('a build that was killed is repeated: it goes on with the refresh that runs', async () => {
    cluster.model.apply('8');
    await cluster.killedAfter(0);
    await cluster.rollOut();
    expect(cluster.runs()).toEqual(allOf('8'));
    expect(cluster.model.calls).toEqual(['start manager 8', 'start prover 8']);
  });

  test('a person who replaces instances of the wanted version is not stopped', async () => {
    cluster.model.start({ AutoScalingGroupName: 'prover-cluster-staging-manager', DesiredConfiguration: undefined });
    await cluster.rollOut();
    expect(cluster.model.calls).toEqual(['start manager 7']);
  });

  test('one that another starts between look and call is looked at again', async () => {
    cluster.model.apply('8');
    const start = cluster.model.start.bind(cluster.model);
    let first = true;
    cluster.aws.on(StartInstanceRefreshCommand).callsFake((input: Parameters<typeof start>[0]) => {
      if (first) start(input);
      first = false;
      return start(input);
    });
    await cluster.rollOut();
    expect(cluster.runs()).toEqual(allOf('8'));
    expect(cluster.lines.join('\n')).toContain('it changed meanwhile');
  });
});
