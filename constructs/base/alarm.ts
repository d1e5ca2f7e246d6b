import { CloudwatchCompositeAlarm } from '@cdktf/provider-aws/lib/cloudwatch-composite-alarm';
import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { Construct } from 'constructs';
import { movedFrom } from './earlier-addresses';

export interface AlarmProps {
  readonly name: string;
  /** What it means, and what to do: this is all that the person who is woken reads. */
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** How the metric's values within a period become one. */
  readonly statistic: 'Sum' | 'Minimum' | 'Maximum' | 'SampleCount';
  readonly periodSeconds: number;
  /**
   * Periods that all have to be so before it fires.
   * @default 1
   */
  readonly periods?: number;
  /** The alarm fires when the value is above it, or below it with `firesWhen: 'below'`. */
  readonly threshold: number;
  /** @default 'above' */
  readonly firesWhen?: 'above' | 'below';
  /** What missing data means; each alarm explains why. `ignore` keeps the state that the last value led to. */
  readonly missingData: 'notBreaching' | 'breaching' | 'ignore';
  /** Topics that are notified of it, and of its end; none where a composite alarm notifies. */
  readonly actions: readonly string[];
}

/** An alarm on one metric. */
export class Alarm extends Construct {
  readonly name: string;
  private readonly alarm: CloudwatchMetricAlarm;

  constructor(scope: Construct, id: string, props: AlarmProps) {
    super(scope, id);
    const alarm = new CloudwatchMetricAlarm(this, 'Default', {
      alarmName: props.name,
      alarmDescription: props.description,
      namespace: props.namespace,
      metricName: props.metric,
      dimensions: { ...props.dimensions },
      statistic: props.statistic,
      period: props.periodSeconds,
      evaluationPeriods: props.periods ?? 1,
      threshold: props.threshold,
      comparisonOperator: props.firesWhen === 'below' ? 'LessThanThreshold' : 'GreaterThanThreshold',
      treatMissingData: props.missingData,
      alarmActions: [...props.actions],
      okActions: [...props.actions],
    });
    this.alarm = alarm;
    this.name = alarm.alarmName;
  }

  /** Takes over the alarm that had this address in Terraform's state before. */
  movedFrom(address: string): void {
    movedFrom(this.alarm, address);
  }
}

export type OccurrenceAlarmProps = Omit<AlarmProps, 'threshold' | 'firesWhen' | 'missingData'>;

/** Fires as soon as a metric is above zero. No data is good news: the metrics of failures appear with the first one. */
export class OccurrenceAlarm extends Alarm {
  constructor(scope: Construct, id: string, props: OccurrenceAlarmProps) {
    super(scope, id, { ...props, threshold: 0, missingData: 'notBreaching' });
  }
}

export interface CompositeAlarmProps {
  readonly name: string;
  readonly description: string;
  /** Alarms that it speaks for: they have no actions of their own. */
  readonly alarms: readonly Named[];
  readonly actions: readonly string[];
  /**
   * An alarm that explains this one: while it is in ALARM, the actions of this one are suppressed. They follow if it is still in ALARM afterwards.
   * @default - nothing suppresses it
   */
  readonly suppressedBy?: Named;
}

/** What an alarm is known by. */
export type Named = Pick<Alarm, 'name'>;

/** How long a consequence may be ahead of its cause, and outlive it. */
const suppressionSeconds = 300;

/** A composite alarm of alarms that would fire together: in ALARM while any of them is. */
export class CompositeAlarm extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: CompositeAlarmProps) {
    super(scope, id);
    const { name, description, alarms, actions, suppressedBy } = props;
    const alarm = new CloudwatchCompositeAlarm(this, 'Default', {
      alarmName: name,
      alarmDescription: description,
      alarmRule: alarms.map((one) => `ALARM("${one.name}")`).join(' OR '),
      alarmActions: [...actions],
      okActions: [...actions],
      ...(suppressedBy !== undefined && {
        actionsSuppressor: {
          alarm: suppressedBy.name,
          waitPeriod: suppressionSeconds,
          extensionPeriod: suppressionSeconds,
        },
      }),
    });
    this.name = alarm.alarmName;
  }
}
