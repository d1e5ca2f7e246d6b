import { CloudwatchLogMetricFilter } from '@cdktf/provider-aws/lib/cloudwatch-log-metric-filter';
import { Construct } from 'constructs';
import { instanceMetricNamespace } from '../../../config/names';
import { clusterAlarm, logMetric, type ClusterAlarm } from './names';
import { MathAlarm } from '../../base/math-alarm';
import { AccountStack } from '../../base/account-stack';

export interface LogCountProps {
  readonly alarm: ClusterAlarm;
  readonly description: string;
  readonly logGroupName: string;
  /** A filter pattern for JSON, over the fields that `service_files/vector.yaml` writes. */
  readonly pattern: string;
  /** Fires when as many lines came within as many minutes. */
  readonly atLeast: number;
  readonly minutes: number;
  /**
   * Topics that are notified of it.
   * @default - none: a composite alarm notifies
   */
  readonly actions?: readonly string[];
}

/**
 * Counts lines of a log, and fires when there are many. The metric exists only while there are such lines, and is paid for
 * only then; FILL makes the rest zero, so that the alarm ends as soon as the minutes are over. Without it, CloudWatch goes
 * on looking at the last value that there was (CloudWatch User Guide, "How alarm state is evaluated when data is missing").
 */
export class LogCount extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: LogCountProps) {
    super(scope, id);
    const { environment } = AccountStack.of(this).account;
    const name = clusterAlarm(environment, props.alarm);
    const metric = { namespace: instanceMetricNamespace, name: logMetric(props.alarm) };
    new CloudwatchLogMetricFilter(this, 'Filter', {
      name,
      logGroupName: props.logGroupName,
      pattern: props.pattern,
      metricTransformation: { ...metric, value: '1' },
    });
    this.name = new MathAlarm(this, 'Alarm', {
      name,
      description: props.description,
      expression: 'FILL(lines, 0)',
      operands: { lines: { namespace: metric.namespace, metric: metric.name, stat: 'Sum' } },
      periodSeconds: props.minutes * 60,
      threshold: props.atLeast - 1,
      actions: props.actions ?? [],
    }).name;
  }
}
