import { Construct } from 'constructs';
import { clusterAlarm } from './names';
import { MathAlarm } from '../../base/math-alarm';
import { ofGroup, ofQueue, steps, stepSeconds } from './operands';
import type { AlarmsProps } from './props';
import { AccountStack } from '../../base/account-stack';

/** Whether the instances that are wanted are there. A group that wants none is quiet. */
export class Capacity extends Construct {
  readonly noManager: MathAlarm;
  readonly managerSilent: MathAlarm;
  readonly proversShort: MathAlarm;

  constructor(scope: Construct, id: string, { thresholds }: AlarmsProps) {
    super(scope, id);
    const { environment } = AccountStack.of(this).account;
    const { noManagerMinutes, managerSilentMinutes, proversShort } = thresholds;
    const managers = (metric: Parameters<typeof ofGroup>[2], stat: Parameters<typeof ofGroup>[3]) =>
      ofGroup(environment, 'manager', metric, stat);
    this.noManager = new MathAlarm(this, 'NoManager', {
      name: clusterAlarm(environment, 'no-manager'),
      description: `No manager has been in service or draining for ${noManagerMinutes} minutes.`,
      // One that drains still serves, for more than two hours. The least of a step: instances that fail to start end, too.
      expression: 'IF((wanted > 0) AND (serving + draining < 1), 1, 0)',
      operands: {
        wanted: managers('GroupDesiredCapacity', 'Minimum'),
        serving: managers('GroupInServiceInstances', 'Maximum'),
        draining: managers('GroupTerminatingInstances', 'Minimum'),
      },
      periodSeconds: stepSeconds,
      periods: steps(noManagerMinutes),
      threshold: 0,
      actions: [],
    });
    this.managerSilent = new MathAlarm(this, 'ManagerSilent', {
      name: clusterAlarm(environment, 'manager-silent'),
      description: `The manager has reported no queue metrics for ${managerSilentMinutes} minutes.`,
      expression: 'IF((FILL(wanted, 0) > 0) AND (FILL(queued, -1) < 0), 1, 0)',
      operands: {
        wanted: managers('GroupDesiredCapacity', 'Minimum'),
        queued: ofQueue(environment, 'QueuedTasks', 'Maximum'),
      },
      periodSeconds: stepSeconds,
      periods: steps(managerSilentMinutes),
      threshold: 0,
      actions: [],
    });
    this.proversShort = new MathAlarm(this, 'ProversShort', {
      name: clusterAlarm(environment, 'provers-short'),
      description:
        `Fewer than ${proversShort.belowPercent} % of the desired provers have been in service for ` +
        `${proversShort.minutes} minutes.`,
      // Not a quotient: of a group that wants none, that has no value.
      expression: `IF(100 * serving < ${proversShort.belowPercent} * wanted, 1, 0)`,
      operands: {
        wanted: ofGroup(environment, 'prover', 'GroupDesiredCapacity', 'Minimum'),
        serving: ofGroup(environment, 'prover', 'GroupInServiceInstances', 'Maximum'),
      },
      periodSeconds: stepSeconds,
      periods: steps(proversShort.minutes),
      threshold: 0,
      actions: [],
    });
  }
}
