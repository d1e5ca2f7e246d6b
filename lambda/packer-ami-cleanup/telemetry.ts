import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { metricNamespace } from '../../config/metrics';
import { functions } from '../../config/names';

/** Structured log of the function. */
export const logger = new Logger({ serviceName: functions.cleanup });

const metrics = new Metrics({ namespace: metricNamespace, serviceName: functions.cleanup });

/** Metrics of the function: `config/metrics.ts` has their names, docs/monitoring.md their meaning. */
export type MetricName = 'ImagesRetained' | 'ImagesReclaimed' | 'CleanupFailures';

export const measure = (values: Partial<Record<MetricName, number>>): void => {
  for (const [name, value] of Object.entries(values)) metrics.addMetric(name, MetricUnit.Count, value);
};

/** Writes what was measured. Without the check, Powertools warns of every invocation that measured nothing. */
export const flush = (): void => {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
};
