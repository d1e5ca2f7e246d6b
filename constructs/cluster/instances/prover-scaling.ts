import { AutoscalingPolicy } from '@cdktf/provider-aws/lib/autoscaling-policy';
import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../../../config';
import { scalingAlarms } from './names';
import { MathAlarm } from '../../base/math-alarm';
import { ofGroup, ofQueue, steps, stepSeconds } from '../alarms/operands';
import { AccountStack } from '../../base/account-stack';

export interface ProverScalingProps {
  readonly scaling: NonNullable<EnvironmentConfig['prover']['scaling']>;
  readonly groupName: string;
}

/** So many instances are added where at least that many are missing: never more than are missing, and many at once. */
const additions = [1, 2, 4, 8, 16, 32] as const;

/**
 * As many provers as the queue has work for, within the limits of the group. Instances are added within two minutes, and
 * taken away one by one, only while there was one more than are busy for the whole of `idleMinutes`: tasks are counted,
 * and every busy prover has one at least. The one that goes finishes its task (docs/boot.md).
 *
 * Missing metrics change nothing. Step scaling: Amazon EC2 Auto Scaling User Guide, "Step and simple scaling
 * policies"; only simple ones wait between two steps. Neither alarm has an action for OK: a policy would run again.
 */
export class ProverScaling extends Construct {
  constructor(scope: Construct, id: string, { scaling, groupName }: ProverScalingProps) {
    super(scope, id);
    const { environment } = AccountStack.of(this).account;
    const { tasksPerProver, idleMinutes } = scaling;
    const work = `CEIL((queued + running) / ${tasksPerProver})`;
    const tasks = {
      queued: ofQueue(environment, 'QueuedTasks', 'Maximum'),
      running: ofQueue(environment, 'RunningTasks', 'Maximum'),
    };
    const names = scalingAlarms(environment);
    const add = new AutoscalingPolicy(this, 'OutPolicy', {
      name: 'work-waits',
      autoscalingGroupName: groupName,
      policyType: 'StepScaling',
      adjustmentType: 'ChangeInCapacity',
      metricAggregationType: 'Maximum',
      // Bounds are distances from the alarm's threshold, which is 0; whole instances are missing.
      stepAdjustment: additions.map((instances, index) => ({
        scalingAdjustment: instances,
        metricIntervalLowerBound: String(index === 0 ? 0 : instances),
        ...(index < additions.length - 1 && { metricIntervalUpperBound: String(additions[index + 1]) }),
      })),
    });
    new MathAlarm(this, 'WorkWaits', {
      name: names.out,
      description:
        'Instances that are missing for the tasks at hand; adds them, and is no fault. docs/cluster.md, "Scaling".',
      expression: `${work} - wanted`,
      operands: { ...tasks, wanted: ofGroup(environment, 'prover', 'GroupDesiredCapacity', 'Maximum') },
      periodSeconds: 60,
      periods: 2,
      threshold: 0,
      actions: [add.arn],
      endActions: [],
    });
    const remove = new AutoscalingPolicy(this, 'InPolicy', {
      name: 'provers-idle',
      autoscalingGroupName: groupName,
      policyType: 'SimpleScaling',
      adjustmentType: 'ChangeInCapacity',
      scalingAdjustment: -1,
      cooldown: idleMinutes * 60,
    });
    new MathAlarm(this, 'ProversIdle', {
      name: names.in,
      description: 'Instances beyond the tasks at hand; takes one away, and is no fault. docs/cluster.md, "Scaling".',
      expression: `inservice - MAX([running, ${work}])`,
      // The most work and the fewest instances of five minutes; a minute that was not measured takes nothing away.
      operands: { ...tasks, inservice: ofGroup(environment, 'prover', 'GroupInServiceInstances', 'Minimum') },
      periodSeconds: stepSeconds,
      periods: steps(idleMinutes),
      threshold: 0,
      actions: [remove.arn],
      endActions: [],
    });
  }
}
