import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { functions, type ImageKind } from '../../config/names';
import { metricNamespace } from '../../config/metrics';
import type { Ages } from './images/image-ages';

/** Structured log of the function; keys such as `imageId` and `buildId` are on every line once they are known. */
export const logger = new Logger({ serviceName: functions.sharing });

const metrics = new Metrics({ namespace: metricNamespace, serviceName: functions.sharing });

/**
 * Metrics of the function, by their unit. Alarms of `constructs/factory/sharing/sharing-alarms.ts` watch some of them;
 * `config/names.ts` has all names.
 */
const units = {
  /** Service accounts that have an image, or lack it, after it was shared. */
  AccountsShared: MetricUnit.Count,
  AccountsFailed: MetricUnit.Count,
  /** From the end of a build to the end of sharing. */
  ShareSeconds: MetricUnit.Seconds,
  /** Invocations that failed, by whatever cause. */
  Failures: MetricUnit.Count,
  /** Permissions, pointers and tags that were not as they should be, and those that are again. */
  DriftFound: MetricUnit.Count,
  DriftRepaired: MetricUnit.Count,
  /** Images of the factory that everybody could launch. */
  PublicImages: MetricUnit.Count,
  /** Older images that a reconcile run left to the next one, for want of time. */
  ImagesLeft: MetricUnit.Count,
  /** Things that would keep instances from starting: key policy, grants, roles. */
  LaunchProblems: MetricUnit.Count,
} as const;
export type MetricName = keyof typeof units;

export const measure = (values: Partial<Record<MetricName, number>>): void => {
  for (const [name, value] of Object.entries(values)) metrics.addMetric(name, units[name as MetricName], value);
};

/** Writes how old images of a kind are, in days; each with a dimension of its own, and so at once. */
export const measureAges = (kind: ImageKind, { latest, validated }: Omit<Ages, 'kind'>): void => {
  for (const [name, days] of [
    ['LatestImageAgeDays', latest],
    ['ValidatedImageAgeDays', validated],
  ] as const) {
    if (days === undefined) continue;
    const single = metrics.singleMetric();
    single.addDimension('Image', kind);
    single.addMetric(name, MetricUnit.NoUnit, days);
  }
};

/** Writes what was measured. Without the check, Powertools warns of every invocation that measured nothing. */
export const flush = (): void => {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
};
