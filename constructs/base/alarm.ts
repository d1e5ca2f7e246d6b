import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { Construct } from 'constructs';

export interface OccurrenceAlarmProps {
  readonly name: string;
  /** What it means, and where to look: this is all that the person who is woken reads. */
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** How the metric's values within a period become one. */
  readonly statistic: 'Sum' | 'Maximum';
  readonly periodSeconds: number;
  /** Topics that hear of it, and of its end. */
  readonly actions: readonly string[];
}

/** Rings as soon as a metric is above zero. No data is good news: the metrics of failures appear with the first one. */
export class OccurrenceAlarm extends Construct {
  constructor(scope: Construct, id: string, props: OccurrenceAlarmProps) {
    super(scope, id);
    new CloudwatchMetricAlarm(this, 'Default', {
      alarmName: props.name,
      alarmDescription: props.description,
      namespace: props.namespace,
      metricName: props.metric,
      dimensions: { ...props.dimensions },
      statistic: props.statistic,
      period: props.periodSeconds,
      evaluationPeriods: 1,
      threshold: 0,
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
      alarmActions: [...props.actions],
      okActions: [...props.actions],
    });
  }
}
