import { AutoscalingPolicy } from '@cdktf/provider-aws/lib/autoscaling-policy';
import {
  CloudwatchMetricAlarm,
  type CloudwatchMetricAlarmMetricQuery,
} from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../../config';
import { nodeMetricNamespace, scalingGroup, type queueMetrics } from '../../config/names';

export interface ProverScalingProps {
  readonly environment: string;
  readonly scaling: NonNullable<EnvironmentConfig['prover']['scaling']>;
  readonly group: { readonly name: string };
}

/** So many machines are added where at least that many are missing: never more than are missing, and many at once. */
const steps = [1, 2, 4, 8, 16, 32] as const;

const periodSeconds = 60;

/**
 * As many provers as the queue has work for, within the limits of the group. Machines are added within two minutes, and
 * taken away one by one, only while there was one more than are busy for the whole of `idleMinutes`: tasks are counted,
 * and every busy prover has one at least. The one that goes finishes its task (docs/boot.md).
 *
 * A manager that says nothing changes nothing. Step scaling: Amazon EC2 Auto Scaling User Guide, "Step and simple scaling
 * policies"; only simple ones wait between two steps.
 */
export class ProverScaling extends Construct {
  constructor(scope: Construct, id: string, { environment, scaling, group }: ProverScalingProps) {
    super(scope, id);
    const { tasksPerProver, idleMinutes } = scaling;
    const work = `CEIL((queued + running) / ${tasksPerProver})`;
    const out = new AutoscalingPolicy(this, 'OutPolicy', {
      name: 'work-waits',
      autoscalingGroupName: group.name,
      policyType: 'StepScaling',
      adjustmentType: 'ChangeInCapacity',
      metricAggregationType: 'Maximum',
      // Bounds are distances from the alarm's threshold, which is 1.
      stepAdjustment: steps.map((machines, index) => ({
        scalingAdjustment: machines,
        metricIntervalLowerBound: String(machines - 1),
        ...(index < steps.length - 1 && { metricIntervalUpperBound: String((steps[index + 1] ?? 0) - 1) }),
      })),
    });
    const enter = new AutoscalingPolicy(this, 'InPolicy', {
      name: 'provers-idle',
      autoscalingGroupName: group.name,
      policyType: 'SimpleScaling',
      adjustmentType: 'ChangeInCapacity',
      scalingAdjustment: -1,
      cooldown: idleMinutes * 60,
    });
    const queue = (id: string, metricName: (typeof queueMetrics)[number]) =>
      metric(id, nodeMetricNamespace, metricName, { Environment: environment, Role: 'manager' });
    const ofGroup = (id: string, metricName: string) =>
      metric(id, 'AWS/AutoScaling', metricName, { AutoScalingGroupName: group.name });
    const tasks = [queue('queued', 'QueuedTasks'), queue('running', 'RunningTasks')];
    const alarm = {
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
      threshold: 1,
      treatMissingData: 'notBreaching',
    };
    new CloudwatchMetricAlarm(this, 'WorkWaits', {
      ...alarm,
      alarmName: `${scalingGroup(environment, 'prover')}-scale-out`,
      alarmDescription: `Machines that are missing for the tasks at hand; adds them, and is no fault. docs/cluster.md, "Scaling".`,
      evaluationPeriods: 2,
      metricQuery: [
        ...tasks,
        ofGroup('wanted', 'GroupDesiredCapacity'),
        { id: 'missing', label: 'Missing provers', expression: `${work} - wanted`, returnData: true },
      ],
      alarmActions: [out.arn],
    });
    new CloudwatchMetricAlarm(this, 'ProversIdle', {
      ...alarm,
      alarmName: `${scalingGroup(environment, 'prover')}-scale-in`,
      alarmDescription: `Machines beyond the tasks at hand; takes one away, and is no fault. docs/cluster.md, "Scaling".`,
      evaluationPeriods: idleMinutes,
      metricQuery: [
        ...tasks,
        ofGroup('inservice', 'GroupInServiceInstances'),
        { id: 'spare', label: 'Spare provers', expression: `inservice - MAX([running, ${work}])`, returnData: true },
      ],
      alarmActions: [enter.arn],
    });
  }
}

const metric = (
  id: string,
  namespace: string,
  metricName: string,
  dimensions: Readonly<Record<string, string>>,
): CloudwatchMetricAlarmMetricQuery => ({
  id,
  metric: { namespace, metricName, dimensions: { ...dimensions }, stat: 'Maximum', period: periodSeconds },
  returnData: false,
});
