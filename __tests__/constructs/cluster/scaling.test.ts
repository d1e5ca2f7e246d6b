import { scaling, withProvers } from '../../support/clusters';
import { resourceWith, resourcesOf, stackOf, synthesize } from '../../support/synthesized';

const stack = stackOf(
  synthesize({ factory: withProvers({ min: 0, desired: 1, max: 100, scaling }) }),
  'prover-cluster-staging',
);
const group = resourceWith(stack, 'aws_autoscaling_group', 'name', 'prover-cluster-staging-prover');

interface Query {
  readonly id: string;
  readonly expression?: string;
  readonly metric?: { readonly namespace: string; readonly metric_name: string; readonly period: number };
  readonly return_data: boolean;
}
const alarm = (name: string) =>
  resourceWith(stack, 'aws_cloudwatch_metric_alarm', 'alarm_name', `prover-cluster-staging-prover-${name}`) as {
    metric_query: readonly Query[];
    threshold: number;
    evaluation_periods: number;
    comparison_operator: string;
    treat_missing_data: string;
  };

/** What CloudWatch makes of the alarm's metrics (CloudWatch User Guide, "Using metric math"). */
function value(name: string, measured: Readonly<Record<string, number>>): number {
  const queries = alarm(name).metric_query;
  const named = queries.flatMap(({ id, metric }) => (metric === undefined ? [] : [[id, measured[metric.metric_name]]]));
  const [result, ...others] = queries.filter(({ return_data: returned }) => returned);
  expect(others).toEqual([]);
  const expression = result!.expression!.replace(/MAX\(\[(.*)\]\)/, 'Math.max($1)').replaceAll('CEIL(', 'Math.ceil(');
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the stack's own arithmetic
  const compute = new Function(...named.map(([id]) => id as string), `return ${expression}`) as (
    ...values: number[]
  ) => number;
  return compute(...named.map(([, number]) => number as number));
}

const rings = (name: string, measured: Readonly<Record<string, number>>) => {
  expect(alarm(name)).toMatchObject({ comparison_operator: 'GreaterThanOrEqualToThreshold', threshold: 1 });
  return value(name, measured) >= 1;
};

/** How many machines the policy adds (Amazon EC2 Auto Scaling User Guide, "Step adjustments"). */
function added(measured: Readonly<Record<string, number>>): number {
  const delta = value('scale-out', measured) - alarm('scale-out').threshold;
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

const at = (QueuedTasks: number, RunningTasks: number, machines: number) => ({
  QueuedTasks,
  RunningTasks,
  GroupDesiredCapacity: machines,
  GroupInServiceInstances: machines,
});

test.each<[queued: number, running: number, machines: number, more: number]>([
  [1, 0, 0, 1],
  [4, 0, 0, 1],
  [5, 0, 0, 2],
  [16, 0, 0, 4],
  [12, 4, 1, 2],
  [400, 0, 0, 32],
  [5, 4, 2, 1],
])('%i tasks that wait and %i that run, %i provers: %i more', (queued, running, machines, more) => {
  expect(rings('scale-out', at(queued, running, machines))).toBe(true);
  expect(added(at(queued, running, machines))).toBe(more);
});

test('never more are added than are missing, and in the end none is', () => {
  for (let tasks = 1; tasks < 500; tasks += 1) {
    let machines = 0;
    while (rings('scale-out', at(tasks, 0, machines))) machines += added(at(tasks, 0, machines));
    expect(machines).toBe(Math.ceil(tasks / scaling.tasksPerProver));
  }
});

test.each([
  [0, 0, 0],
  [4, 0, 1],
  [0, 4, 1],
  [0, 0, 5],
])('nothing is added for %i that wait and %i that run on %i provers', (queued, running, machines) => {
  expect(rings('scale-out', at(queued, running, machines))).toBe(false);
});

test('a machine goes only while there is one more than are busy', () => {
  for (let machines = 1; machines <= 20; machines += 1)
    for (let running = 0; running <= 20; running += 1)
      for (const queued of [0, 1, 8, 40])
        if (rings('scale-in', at(queued, running, machines))) {
          // At most as many are busy as tasks run.
          expect(machines - 1).toBeGreaterThanOrEqual(running);
          // And it is not wanted back at once.
          expect(rings('scale-out', at(queued, running, machines - 1))).toBe(false);
        }
  expect(rings('scale-in', at(0, 0, 1))).toBe(true);
  expect(rings('scale-in', at(0, 3, 4))).toBe(true);
});

test('one goes at a time, after as long as configured, and as long before the next', () => {
  const { metric_query: queries, evaluation_periods: periods } = alarm('scale-in');
  const lengths = queries.flatMap(({ metric }) => (metric === undefined ? [] : [metric.period]));
  expect(new Set(lengths)).toEqual(new Set([60]));
  expect(periods * 60).toBe(30 * 60);
  expect(resourceWith(stack, 'aws_autoscaling_policy', 'policy_type', 'SimpleScaling')).toMatchObject({
    adjustment_type: 'ChangeInCapacity',
    scaling_adjustment: -1,
    cooldown: 30 * 60,
  });
});

test.each(['scale-out', 'scale-in'])('a manager that says nothing changes nothing: %s', (name) => {
  expect(alarm(name).treat_missing_data).toBe('notBreaching');
});

test('a deployment leaves the number of machines to the queue; without scaling, it is the configured one', () => {
  expect(group['lifecycle']).toEqual({ ignore_changes: ['desired_capacity'] });
  const fixed = stackOf(synthesize({ factory: withProvers({ scaling: null }) }), 'prover-cluster-staging');
  expect(resourceWith(fixed, 'aws_autoscaling_group', 'name', 'prover-cluster-staging-prover')).not.toHaveProperty(
    'lifecycle',
  );
  expect(resourcesOf(fixed, 'aws_autoscaling_policy')).toEqual([]);
});
