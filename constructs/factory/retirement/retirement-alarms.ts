import { Construct } from 'constructs';
import { metricNamespace } from '../../../config/metrics';
import { functions, logGroups } from '../../../config/names';
import { Alarm, CompositeAlarm, OccurrenceAlarm, type Named } from '../../base/alarm';

export interface RetirementAlarmsProps {
  /** Alarms of the function and of its dead-letter queue. */
  readonly failures: readonly Named[];
  /** Topics that are notified. */
  readonly actions: readonly string[];
}

const common = { namespace: metricNamespace, dimensions: { service: functions.cleanup }, actions: [] } as const;

/** One composite alarm of runs that failed, and of runs that are missing. */
export class RetirementAlarms extends Construct {
  constructor(scope: Construct, id: string, { failures, actions }: RetirementAlarmsProps) {
    super(scope, id);
    const failed = new OccurrenceAlarm(this, 'Failures', {
      ...common,
      name: `${functions.cleanup}-failures`,
      description: 'A run could not look at everything that uses images, and changed nothing; or some changes failed.',
      metric: 'CleanupFailures',
      statistic: 'Sum',
      periodSeconds: 300,
    });
    failed.movedFrom('aws_cloudwatch_metric_alarm.Monitoring_Alarms_CleanupFailures_28F4E12F');
    const silent = new Alarm(this, 'Silent', {
      ...common,
      name: `${functions.cleanup}-silent`,
      description: 'No run of the retirement ended for two days: old images and what builds left stay, and cost.',
      metric: 'ImagesRetained',
      statistic: 'SampleCount',
      // A run a day, at a time that may differ by its length.
      periodSeconds: 24 * 3600,
      periods: 2,
      threshold: 1,
      firesWhen: 'below',
      // Every run measures it, also where nothing is retired: no value means that none ended.
      missingData: 'breaching',
    });
    new CompositeAlarm(this, 'Unhealthy', {
      name: `${functions.cleanup}-unhealthy`,
      description:
        `Old images are not retired. No image is lost by that. The log is ${logGroups.lambda(functions.cleanup)}; the ` +
        'report of the run (`make retirement-report`) names what did not answer. docs/monitoring.md, "Retirement".',
      alarms: [...failures, failed, silent],
      actions,
    });
  }
}
