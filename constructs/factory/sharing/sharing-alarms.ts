import { Construct } from 'constructs';
import { functions, logGroups } from '../../../config/names';
import { metricNamespace } from '../../../config/metrics';
import { Alarm, CompositeAlarm, OccurrenceAlarm } from '../../base/alarm';

/** Alarms by the metric of `lambda/packer-ami-sharing/telemetry.ts`, and the text that the operator reads. */
const occurrences = {
  PublicImages:
    'An image of the factory was public. It is made private at once, unless the same run also reports a failure. ' +
    'Find in CloudTrail who did that (ModifyImageAttribute); its snapshots are encrypted with the factory key.',
  LaunchProblems:
    'Auto Scaling of a service account could not start instances from the images, or a pointer names an image that ' +
    'cannot start. Run `make preflight`: it prints the missing statement or command.',
} as const;

const log = `The log is ${logGroups.lambda(functions.sharing)}.`;

export interface SharingAlarmsProps {
  /** Alarms of the function and of its dead-letter queue: a failed event sets off one after the other. */
  readonly failures: readonly Alarm[];
  readonly lateMinutes: number;
  /** Topics that are notified of them. */
  readonly actions: readonly string[];
}

/** A composite alarm of sharing that failed or came late; and what a reconcile run finds that a person has to look at. */
export class SharingAlarms extends Construct {
  constructor(scope: Construct, id: string, { failures, lateMinutes, actions }: SharingAlarmsProps) {
    super(scope, id);
    const common = { namespace: metricNamespace, dimensions: { service: functions.sharing }, periodSeconds: 300 };
    for (const [metric, description] of Object.entries(occurrences))
      new OccurrenceAlarm(this, metric, {
        ...common,
        name: `${functions.sharing}-${metric.replace(/(?<=[a-z])[A-Z]/g, (capital) => `-${capital}`).toLowerCase()}`,
        description: `${description} ${log}`,
        metric,
        statistic: 'Maximum',
        actions,
      });
    const late = new Alarm(this, 'Late', {
      ...common,
      name: `${functions.sharing}-late`,
      description: `An image was shared more than ${lateMinutes} minutes after its build. ${log}`,
      metric: 'ShareSeconds',
      statistic: 'Maximum',
      threshold: lateMinutes * 60,
      // Images are not shared all the time.
      missingData: 'notBreaching',
      actions: [],
    });
    new CompositeAlarm(this, 'Unhealthy', {
      name: `${functions.sharing}-unhealthy`,
      description:
        `Images were not shared, or late. ${log} Repair the cause that it names, then \`make redrive\`, and ` +
        '`make reconcile` shows what is left. docs/monitoring.md, "Sharing".',
      alarms: [...failures, late],
      actions,
    });
    new Alarm(this, 'Behind', {
      ...common,
      name: `${functions.sharing}-behind`,
      description:
        'For a day no reconcile run came to the oldest image: older images and their tags are repaired late, or never. ' +
        `${log} docs/monitoring.md has what to do.`,
      metric: 'ImagesLeft',
      statistic: 'Minimum',
      periodSeconds: 24 * 3600,
      threshold: 0,
      // That no run ends is an alarm of its own.
      missingData: 'notBreaching',
      actions,
    });
    // The schedule itself: a run that fails fires the alarm above, one that never starts would be missed.
    new Alarm(this, 'Silent', {
      ...common,
      name: `${functions.sharing}-silent`,
      description: `No reconcile run ended for a day: nothing repairs drift, and ages of images are unknown. ${log} docs/monitoring.md, "Missing runs".`,
      metric: 'DriftFound',
      statistic: 'SampleCount',
      periodSeconds: 24 * 3600,
      threshold: 1,
      firesWhen: 'below',
      missingData: 'breaching',
      actions,
    });
  }
}
