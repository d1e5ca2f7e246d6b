import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { Construct } from 'constructs';

/** A metric that an expression reads. */
export interface Operand {
  readonly namespace: string;
  readonly metric: string;
  /** @default - none */
  readonly dimensions?: Readonly<Record<string, string>>;
  /** How the values within a period become one. */
  readonly stat: 'Sum' | 'Minimum' | 'Maximum';
}

export interface MathAlarmProps {
  readonly name: string;
  /** What it means, and what to do: this is all that the person who is woken reads. */
  readonly description: string;
  /** In CloudWatch's metric math, over the names of `operands`. */
  readonly expression: string;
  readonly operands: Readonly<Record<string, Operand>>;
  readonly periodSeconds: number;
  /**
   * Fires when the expression was above the threshold in as many periods, one after the other.
   * @default 1
   */
  readonly periods?: number;
  readonly threshold: number;
  /** Topics that are notified; none where a composite alarm notifies. Or a policy that changes a group. */
  readonly actions: readonly string[];
  /**
   * What is notified of its end.
   * @default - what was notified of it
   */
  readonly endActions?: readonly string[];
}

/**
 * An alarm on several metrics together. An expression without a value never fires: one that has to distinguish missing data
 * from good news fills gaps itself, by FILL. Give such a one periods of five minutes: metrics come a minute or two late,
 * and a filled last minute would decide every time (CloudWatch User Guide, "Using metric math": FILL).
 */
export class MathAlarm extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: MathAlarmProps) {
    super(scope, id);
    const alarm = new CloudwatchMetricAlarm(this, 'Default', {
      alarmName: props.name,
      alarmDescription: props.description,
      metricQuery: [
        { id: 'result', expression: props.expression, label: props.name, returnData: true },
        ...Object.entries(props.operands).map(([operand, { namespace, metric, dimensions, stat }]) => ({
          id: operand,
          metric: {
            namespace,
            metricName: metric,
            ...(dimensions !== undefined && { dimensions: { ...dimensions } }),
            period: props.periodSeconds,
            stat,
          },
        })),
      ],
      evaluationPeriods: props.periods ?? 1,
      threshold: props.threshold,
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
      alarmActions: [...props.actions],
      okActions: [...(props.endActions ?? props.actions)],
    });
    this.name = alarm.alarmName;
  }
}
