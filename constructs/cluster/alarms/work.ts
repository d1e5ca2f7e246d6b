import { Construct } from 'constructs';
import { clusterAlarm } from './names';
import { MathAlarm } from '../../base/math-alarm';
import { ofGroup, ofInstances, ofQueue, steps, stepSeconds } from './operands';
import type { AlarmsProps } from './props';
import { AccountStack } from '../../base/account-stack';

/** Below this a GPU does nothing, in percent: what the driver does by itself is not proving. */
const idlePercent = 5;

/** Whether work gets done that is there. An idle market is quiet, and so is a cluster that wants no provers. */
export class Work extends Construct {
  readonly alarms: readonly MathAlarm[];

  constructor(scope: Construct, id: string, { thresholds }: AlarmsProps) {
    super(scope, id);
    const { environment } = AccountStack.of(this).account;
    const { gpusIdleMinutes, queueAgeMinutes } = thresholds;
    const wanted = ofGroup(environment, 'prover', 'GroupDesiredCapacity', 'Minimum');
    this.alarms = [
      new MathAlarm(this, 'GpusIdle', {
        name: clusterAlarm(environment, 'gpus-idle'),
        description: `Tasks have been queued for ${gpusIdleMinutes} minutes while every GPU was idle.`,
        // GPUs that nothing measures do nothing, as far as anybody knows.
        expression: `IF((FILL(wanted, 0) > 0) AND (FILL(queued, 0) > 0) AND (FILL(busiest, 0) < ${idlePercent}), 1, 0)`,
        operands: {
          wanted,
          queued: ofQueue(environment, 'QueuedTasks', 'Minimum'),
          busiest: ofInstances(environment, 'prover', 'GpuUtilization', 'Maximum'),
        },
        periodSeconds: stepSeconds,
        periods: steps(gpusIdleMinutes),
        threshold: 0,
        actions: [],
      }),
      new MathAlarm(this, 'QueueOld', {
        name: clusterAlarm(environment, 'queue-old'),
        description: `The oldest task has been queued for more than ${queueAgeMinutes} minutes.`,
        // A manager that does not measure its queue has an alarm of its own.
        expression: 'IF(FILL(wanted, 0) > 0, age, 0)',
        operands: { wanted, age: ofQueue(environment, 'QueueAgeSeconds', 'Maximum') },
        periodSeconds: stepSeconds,
        threshold: queueAgeMinutes * 60,
        actions: [],
      }),
    ];
  }
}
