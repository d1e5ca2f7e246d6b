import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { functions } from '../../config/names';
import { metricNamespace, type functionMetrics, type imageMetrics } from '../../config/metrics';

/** Structured log of the function. Events are never logged: they carry a build's variables. */
export const logger = new Logger({ serviceName: functions.notices });

const metrics = new Metrics({ namespace: metricNamespace, serviceName: functions.notices });

type FunctionMetric = (typeof functionMetrics)[typeof functions.notices][number];
type ImageMetric = (typeof imageMetrics)[typeof functions.notices][number];

const units: Readonly<Record<FunctionMetric | ImageMetric, (typeof MetricUnit)[keyof typeof MetricUnit]>> = {
  /** How long the approval that waits longest has waited, in hours; 0 where none waits. */
  ApprovalHours: MetricUnit.NoUnit,
  /** Invocations that failed, by whatever cause. */
  Failures: MetricUnit.Count,
  /** From start to end of a build that baked an image. */
  BuildSeconds: MetricUnit.Seconds,
  /** 1 for a build that succeeded, 0 for one that did not: the average is the success rate. */
  BuildSucceeded: MetricUnit.Count,
  /** 1 where an image of the same inputs was found, 0 where one was baked. */
  ImageReused: MetricUnit.Count,
};

/** Writes a metric of the function. */
export const measure = (name: FunctionMetric, value: number): void => {
  metrics.singleMetric().addMetric(name, units[name], value);
};

/** Writes metrics of a kind of image; `unknown` where a build failed before it named one. */
export const measureImage = (image: string, values: Partial<Record<ImageMetric, number>>): void => {
  for (const [name, value] of Object.entries(values)) {
    const single = metrics.singleMetric();
    single.addDimension('Image', image);
    single.addMetric(name, units[name as ImageMetric], value);
  }
};
