import { takes, type LogLine } from './filter-pattern';
import { evaluate } from './metric-math';
import { resourcesOf, type SynthesizedStack } from './synthesized';

interface Metric {
  readonly namespace: string;
  readonly metric_name: string;
  readonly dimensions?: Readonly<Record<string, string>>;
  readonly period: number;
  readonly stat: string;
}

/** A metric alarm as it stands in a stack: of one metric, or of an expression. */
export interface MetricAlarm extends Partial<Omit<Metric, 'stat'>> {
  readonly alarm_name: string;
  readonly alarm_description: string;
  readonly alarm_actions: readonly string[];
  readonly ok_actions: readonly string[];
  readonly statistic?: string;
  readonly metric_query?: readonly { readonly id: string; readonly expression?: string; readonly metric?: Metric }[];
  readonly evaluation_periods: number;
  readonly threshold: number;
  readonly comparison_operator: 'GreaterThanThreshold' | 'LessThanThreshold';
  readonly treat_missing_data: string;
}

export interface MetricFilter {
  readonly name: string;
  readonly log_group_name: string;
  readonly pattern: string;
  readonly metric_transformation: { readonly name: string; readonly namespace: string; readonly value: string };
}

/** Auto Scaling listens to these, and nobody else (scaling.test.ts). */
export const isScaling = (alarm: string): boolean => /-prover-scale-(in|out)$/.test(alarm);

const all = (stack: SynthesizedStack): readonly MetricAlarm[] =>
  resourcesOf(stack, 'aws_cloudwatch_metric_alarm') as unknown as readonly MetricAlarm[];
/** Those that notify people. */
export const alarmsOf = (stack: SynthesizedStack): readonly MetricAlarm[] =>
  all(stack).filter(({ alarm_name }) => !isScaling(alarm_name));
export const scalingAlarmsOf = (stack: SynthesizedStack): readonly MetricAlarm[] =>
  all(stack).filter(({ alarm_name }) => isScaling(alarm_name));
export const filtersOf = (stack: SynthesizedStack): readonly MetricFilter[] =>
  resourcesOf(stack, 'aws_cloudwatch_log_metric_filter') as unknown as readonly MetricFilter[];

/** What a metric is known by: `namespace name dimension=value ...`. */
export const metricName = (
  namespace: string,
  metric: string,
  dimensions: Readonly<Record<string, string>> = {},
): string =>
  [
    namespace,
    metric,
    ...Object.entries(dimensions)
      .map((pair) => pair.join('='))
      .sort(),
  ].join(' ');

/** Values of metrics by name, one for each minute, the last one now. `constant` is the same for ever. */
export type Minutes = readonly (number | undefined)[];
export type Feed = Readonly<Record<string, Minutes | { readonly constant: number }>>;

const statistics: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Sum: (values) => values.reduce((sum, value) => sum + value, 0),
  Minimum: (values) => Math.min(...values),
  Maximum: (values) => Math.max(...values),
};

/** The value of a metric in a period that ended so many periods ago. */
function valueOf({ namespace, metric_name, dimensions, period, stat }: Metric, feed: Feed, ago: number) {
  const minutes = feed[metricName(namespace, metric_name, dimensions)] ?? [];
  if ('constant' in minutes) return minutes.constant;
  const length = period / 60;
  const end = minutes.length - ago * length;
  const values = minutes.slice(Math.max(0, end - length), Math.max(0, end)).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : statistics[stat]!(values);
}

/** The metrics that an alarm looks at. */
export function metricsOf(alarm: MetricAlarm): Metric[] {
  if (alarm.metric_query !== undefined) return alarm.metric_query.flatMap(({ metric }) => metric ?? []);
  const { namespace, metric_name, dimensions, period, statistic } = alarm;
  return [
    { namespace: namespace!, metric_name: metric_name!, dimensions: dimensions!, period: period!, stat: statistic! },
  ];
}

/** What an alarm has measured in a period that ended so many periods ago. */
function measured(alarm: MetricAlarm, feed: Feed, ago: number): number | undefined {
  const { metric_query: queries } = alarm;
  if (queries === undefined) return valueOf(metricsOf(alarm)[0]!, feed, ago);
  return evaluate(
    queries.find(({ expression }) => expression !== undefined)!.expression!,
    Object.fromEntries(
      queries.flatMap(({ id, metric }) => (metric === undefined ? [] : [[id, valueOf(metric, feed, ago)] as const])),
    ),
  );
}
export const valueNow = (alarm: MetricAlarm, feed: Feed): number | undefined => measured(alarm, feed, 0);

/** Whether an alarm fires now: all of its periods are beyond the threshold (CloudWatch User Guide, "Alarm evaluation"). */
export function fires(alarm: MetricAlarm, feed: Feed): boolean {
  const { evaluation_periods: periods, threshold, comparison_operator, treat_missing_data } = alarm;
  return Array.from({ length: periods }, (_, ago) => {
    const value = measured(alarm, feed, ago);
    if (value === undefined) return treat_missing_data === 'breaching';
    return comparison_operator === 'GreaterThanThreshold' ? value > threshold : value < threshold;
  }).every((breaching) => breaching);
}

/** Lines of one role's instances, with the minutes since each came, as what metric filters make of them. */
export function counted(
  filters: readonly MetricFilter[],
  lines: readonly { readonly line: LogLine; readonly minutesAgo: number }[],
): Feed {
  const length = 24 * 60;
  return Object.fromEntries(
    filters.flatMap(({ pattern, metric_transformation: { name, namespace, value } }) => {
      const minutes = Array.from({ length }, (): number | undefined => undefined);
      for (const { line, minutesAgo } of lines) {
        const at = length - 1 - minutesAgo;
        if (takes(pattern, line)) minutes[at] = (minutes[at] ?? 0) + Number(value);
      }
      return minutes.every((minute) => minute === undefined) ? [] : [[metricName(namespace, name), minutes] as const];
    }),
  );
}
