import { scaling, withProvers } from '../../support/clusters';
import { metricName, rings, scalingAlarmsOf, valueNow, type Feed, type Minutes } from '../../support/cluster-alarms';
import { resourceWith, resourcesOf, stackOf, synthesize } from '../../support/synthesized';

const stack = stackOf(
  synthesize({ factory: withProvers({ min: 1, desired: 1, max: 100, scaling }) }),
  'prover-cluster-staging',
);
const group = resourceWith(stack, 'aws_autoscaling_group', 'name', 'prover-cluster-staging-prover');

const alarm = (name: 'scale-in' | 'scale-out') =>
  scalingAlarmsOf(stack).find(({ alarm_name }) => alarm_name === `prover-cluster-staging-prover-${name}`)!;

const at = (queued: number, running: number, machines: number): Feed => {
  const manager = { Environment: 'staging', Role: 'manager' };
  const provers = { AutoScalingGroupName: 'prover-cluster-staging-prover' };
  return {
    [metricName('BoundlessProverCluster', 'QueuedTasks', manager)]: { constant: queued },
    [metricName('BoundlessProverCluster', 'RunningTasks', manager)]: { constant: running },
    [metricName('AWS/AutoScaling', 'GroupDesiredCapacity', provers)]: { constant: machines },
    [metricName('AWS/AutoScaling', 'GroupInServiceInstances', provers)]: { constant: machines },
  };
};

/** The same with this metric as it was, minute by minute. */
const since = (feed: Feed, metric: string, minutes: Minutes): Feed =>
  Object.fromEntries(Object.entries(feed).map(([name, value]) => [name, name.includes(metric) ? minutes : value]));

/** How many machines the policy adds (Amazon EC2 Auto Scaling User Guide, "Step adjustments"). */
function added(feed: Feed): number {
  const delta = valueNow(alarm('scale-out'), feed)! - alarm('scale-out').threshold;
  const { step_adjustment: steps } = resourceWith(stack, 'aws_autoscaling_policy', 'policy_type', 'StepScaling') as {
    step_adjustment: readonly {
      scaling_adjustment: number;
      metric_interval_lower_bound: string;
      metric_interval_upper_bound?: string;
    }[];
  };
  const fitting = steps.filter(
    ({ metric_interval_lower_bound: low, metric_interval_upper_bound: high }) =>
      delta >= Number(low) && (high === undefined || delta < Number(high)),
  );
  expect(fitting).toHaveLength(1);
  return fitting[0]!.scaling_adjustment;
}

test.each<[queued: number, running: number, machines: number, more: number]>([
  [1, 0, 0, 1],
  [4, 0, 0, 1],
  [5, 0, 0, 2],
  [16, 0, 0, 4],
  [12, 4, 1, 2],
  [400, 0, 0, 32],
  [5, 4, 2, 1],
])('%i tasks that wait and %i that run, %i provers: %i more', (queued, running, machines, more) => {
  expect(rings(alarm('scale-out'), at(queued, running, machines))).toBe(true);
  expect(added(at(queued, running, machines))).toBe(more);
});

test('never more are added than are missing, and in the end none is', () => {
  for (let tasks = 1; tasks < 500; tasks += 1) {
    let machines = 0;
    while (rings(alarm('scale-out'), at(tasks, 0, machines))) machines += added(at(tasks, 0, machines));
    expect(machines).toBe(Math.ceil(tasks / scaling.tasksPerProver));
  }
});

test.each([
  [0, 0, 0],
  [4, 0, 1],
  [0, 4, 1],
  [0, 0, 5],
])('nothing is added for %i that wait and %i that run on %i provers', (queued, running, machines) => {
  expect(rings(alarm('scale-out'), at(queued, running, machines))).toBe(false);
});

test('a machine goes only while there is one more than are busy', () => {
  for (let machines = 1; machines <= 20; machines += 1)
    for (let running = 0; running <= 20; running += 1)
      for (const queued of [0, 1, 8, 40])
        if (rings(alarm('scale-in'), at(queued, running, machines))) {
          // At most as many are busy as tasks run.
          expect(machines - 1).toBeGreaterThanOrEqual(running);
          // And it is not wanted back at once.
          expect(rings(alarm('scale-out'), at(queued, running, machines - 1))).toBe(false);
        }
  expect(rings(alarm('scale-in'), at(0, 0, 1))).toBe(true);
  expect(rings(alarm('scale-in'), at(0, 3, 4))).toBe(true);
});

test('one goes at a time, after as long as configured, and as long before the next', () => {
  const idle = at(0, 0, 2);
  const always = (value: number) => Array.from({ length: 60 }, () => value);
  expect(rings(alarm('scale-in'), idle)).toBe(true);
  // A task that ran for a moment, 29 minutes ago; one 31 minutes ago counts no more.
  expect(rings(alarm('scale-in'), since(idle, 'RunningTasks', always(0).with(60 - 29, 2)))).toBe(false);
  expect(rings(alarm('scale-in'), since(idle, 'RunningTasks', always(0).with(60 - 31, 2)))).toBe(true);
  expect(resourceWith(stack, 'aws_autoscaling_policy', 'policy_type', 'SimpleScaling')).toMatchObject({
    adjustment_type: 'ChangeInCapacity',
    scaling_adjustment: -1,
    cooldown: 30 * 60,
  });
});

test('some are added within two minutes, and not for a single one', () => {
  const always = (value: number) => Array.from({ length: 60 }, () => value);
  const busy = at(8, 0, 0);
  expect(rings(alarm('scale-out'), since(busy, 'QueuedTasks', always(0).with(59, 8)))).toBe(false);
  expect(rings(alarm('scale-out'), since(busy, 'QueuedTasks', always(0).with(58, 8).with(59, 8)))).toBe(true);
});

test('the end of either alarm runs no policy again', () => {
  for (const { alarm_actions: start, ok_actions: end } of scalingAlarmsOf(stack)) {
    expect(start).toEqual([expect.stringMatching(/^\$\{aws_autoscaling_policy\.ProverGroup_Scaling_\w+\.arn\}$/)]);
    expect(end).toEqual([]);
  }
});

test.each(['scale-out', 'scale-in'] as const)('a manager that says nothing changes nothing: %s', (name) => {
  const feed = at(100, 0, name === 'scale-in' ? 100 : 0);
  expect(rings(alarm(name), feed)).toBe(true);
  for (const metric of ['QueuedTasks', 'RunningTasks']) expect(rings(alarm(name), since(feed, metric, []))).toBe(false);
});

test('a deployment leaves the number of machines to the queue; without scaling, it is the configured one', () => {
  const ignored = (one: Readonly<Record<string, unknown>>) =>
    (one['lifecycle'] as { ignore_changes: string[] }).ignore_changes;
  expect(ignored(group)).toContain('desired_capacity');
  const fixed = stackOf(synthesize({ factory: withProvers({ scaling: null }) }), 'prover-cluster-staging');
  const fixedGroup = resourceWith(fixed, 'aws_autoscaling_group', 'name', 'prover-cluster-staging-prover');
  expect(ignored(fixedGroup)).not.toContain('desired_capacity');
  expect(resourcesOf(fixed, 'aws_autoscaling_policy')).toEqual([]);
});
