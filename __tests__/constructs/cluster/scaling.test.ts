import { scaling, withProvers } from '../../support/clusters';
import { metricName, fires, scalingAlarmsOf, valueNow, type Feed, type Minutes } from '../../support/cluster-alarms';
import { resourceWith, resourcesOf, stackOf, synthesize } from '../../support/synthesized';

const stack = stackOf(
  synthesize({ factory: withProvers({ min: 1, desired: 1, max: 100, scaling }) }),
  'prover-cluster-staging',
);
const group = resourceWith(stack, 'aws_autoscaling_group', 'name', 'prover-cluster-staging-prover');

const alarm = (name: 'scale-in' | 'scale-out') =>
  scalingAlarmsOf(stack).find(({ alarm_name }) => alarm_name === `prover-cluster-staging-prover-${name}`)!;

const at = (queued: number, running: number, instances: number): Feed => {
  const manager = { Environment: 'staging', Role: 'manager' };
  const provers = { AutoScalingGroupName: 'prover-cluster-staging-prover' };
  return {
    [metricName('BoundlessProverCluster', 'QueuedTasks', manager)]: { constant: queued },
    [metricName('BoundlessProverCluster', 'RunningTasks', manager)]: { constant: running },
    [metricName('AWS/AutoScaling', 'GroupDesiredCapacity', provers)]: { constant: instances },
    [metricName('AWS/AutoScaling', 'GroupInServiceInstances', provers)]: { constant: instances },
  };
};

/** The same with this metric as it was, minute by minute. */
const since = (feed: Feed, metric: string, minutes: Minutes): Feed =>
  Object.fromEntries(Object.entries(feed).map(([name, value]) => [name, name.includes(metric) ? minutes : value]));

/** How many instances the policy adds (Amazon EC2 Auto Scaling User Guide, "Step adjustments"). */
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

test.each<[queued: number, running: number, instances: number, more: number]>([
  [1, 0, 0, 1],
  [4, 0, 0, 1],
  [5, 0, 0, 2],
  [16, 0, 0, 4],
  [12, 4, 1, 2],
  [400, 0, 0, 32],
  [5, 4, 2, 1],
])('%i tasks that wait and %i that run, %i provers: %i more', (queued, running, instances, more) => {
  expect(fires(alarm('scale-out'), at(queued, running, instances))).toBe(true);
  expect(added(at(queued, running, instances))).toBe(more);
});

test('scale-out never adds more than are missing, and ends with none missing', () => {
  for (let tasks = 1; tasks < 500; tasks += 1) {
    let instances = 0;
    while (fires(alarm('scale-out'), at(tasks, 0, instances))) instances += added(at(tasks, 0, instances));
    expect(instances).toBe(Math.ceil(tasks / scaling.tasksPerProver));
  }
});

test.each([
  [0, 0, 0],
  [4, 0, 1],
  [0, 4, 1],
  [0, 0, 5],
])('nothing is added for %i that wait and %i that run on %i provers', (queued, running, instances) => {
  expect(fires(alarm('scale-out'), at(queued, running, instances))).toBe(false);
});

test('scale-in takes an instance only while one more than the busy ones is there', () => {
  for (let instances = 1; instances <= 20; instances += 1)
    for (let running = 0; running <= 20; running += 1)
      for (const queued of [0, 1, 8, 40])
        if (fires(alarm('scale-in'), at(queued, running, instances))) {
          // At most as many are busy as tasks run.
          expect(instances - 1).toBeGreaterThanOrEqual(running);
          // And it is not wanted back at once.
          expect(fires(alarm('scale-out'), at(queued, running, instances - 1))).toBe(false);
        }
  expect(fires(alarm('scale-in'), at(0, 0, 1))).toBe(true);
  expect(fires(alarm('scale-in'), at(0, 3, 4))).toBe(true);
});

test('scale-in takes one instance at a time, after the configured minutes, and waits as long before the next', () => {
  const idle = at(0, 0, 2);
  const always = (value: number) => Array.from({ length: 60 }, () => value);
  expect(fires(alarm('scale-in'), idle)).toBe(true);
  // A task that ran for a moment, 29 minutes ago; one 31 minutes ago counts no more.
  expect(fires(alarm('scale-in'), since(idle, 'RunningTasks', always(0).with(60 - 29, 2)))).toBe(false);
  expect(fires(alarm('scale-in'), since(idle, 'RunningTasks', always(0).with(60 - 31, 2)))).toBe(true);
  expect(resourceWith(stack, 'aws_autoscaling_policy', 'policy_type', 'SimpleScaling')).toMatchObject({
    adjustment_type: 'ChangeInCapacity',
    scaling_adjustment: -1,
    cooldown: 30 * 60,
  });
});

test('scale-out adds instances within two minutes, and not for a single minute of tasks', () => {
  const always = (value: number) => Array.from({ length: 60 }, () => value);
  const busy = at(8, 0, 0);
  expect(fires(alarm('scale-out'), since(busy, 'QueuedTasks', always(0).with(59, 8)))).toBe(false);
  expect(fires(alarm('scale-out'), since(busy, 'QueuedTasks', always(0).with(58, 8).with(59, 8)))).toBe(true);
});

test('the end of either alarm runs no policy again', () => {
  for (const { alarm_actions: start, ok_actions: end } of scalingAlarmsOf(stack)) {
    expect(start).toEqual([expect.stringMatching(/^\$\{aws_autoscaling_policy\.ProverGroup_Scaling_\w+\.arn\}$/)]);
    expect(end).toEqual([]);
  }
});

test.each(['scale-out', 'scale-in'] as const)('a manager that reports nothing changes nothing: %s', (name) => {
  const feed = at(100, 0, name === 'scale-in' ? 100 : 0);
  expect(fires(alarm(name), feed)).toBe(true);
  for (const metric of ['QueuedTasks', 'RunningTasks']) expect(fires(alarm(name), since(feed, metric, []))).toBe(false);
});

test('a deployment leaves the number of instances to the queue; without scaling, it is the configured one', () => {
  const ignored = (one: Readonly<Record<string, unknown>>) =>
    (one['lifecycle'] as { ignore_changes: string[] }).ignore_changes;
  expect(ignored(group)).toContain('desired_capacity');
  const fixed = stackOf(synthesize({ factory: withProvers({ scaling: null }) }), 'prover-cluster-staging');
  const fixedGroup = resourceWith(fixed, 'aws_autoscaling_group', 'name', 'prover-cluster-staging-prover');
  expect(ignored(fixedGroup)).not.toContain('desired_capacity');
  expect(resourcesOf(fixed, 'aws_autoscaling_policy')).toEqual([]);
});
