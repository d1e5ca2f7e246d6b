import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import { functions } from '../../config/names';
import { awsClients, type Clients } from './clients';
import { SharingError, SharingIncompleteError } from './errors';
import { parseBuildEvent } from './event';
import { imageIdOf } from './image-id';
import type { SharingResult } from './result';
import { settingsFrom } from './settings';
import { shareImage } from './share-image';
import { awsWaits, type Waits } from './waits';

const logger = new Logger({ serviceName: functions.sharing });
const metrics = new Metrics({ namespace: 'BoundlessAmiFactory', serviceName: functions.sharing });

/** What the handler needs from outside. */
export interface Dependencies {
  readonly clients: Clients;
  readonly waits: Waits;
}

/**
 * A handler that shares the image of a build event. Every failure is logged and thrown: Lambda repeats the event twice,
 * and then leaves it in the dead-letter queue. The event itself is never logged, since it carries a build's variables.
 */
export const handlerWith =
  ({ clients, waits }: Dependencies) =>
  async (event: unknown, context: Context): Promise<SharingResult> => {
    const started = new Date();
    logger.resetKeys();
    logger.addContext(context);
    try {
      const settings = settingsFrom(process.env);
      const build = parseBuildEvent(event, settings);
      logger.appendKeys({ buildId: build.buildId });
      const imageId = await imageIdOf(build, clients.codebuild);
      logger.appendKeys({ imageId });

      const shared = await shareImage(imageId, settings, clients, waits);
      const result: SharingResult = { ...shared, ...(build.buildId !== undefined && { buildId: build.buildId }) };
      report(result, build.time ?? started);
      return result;
    } catch (error) {
      const permanent = error instanceof SharingError && error.permanent;
      logger.error('The image is not shared with all accounts', { permanent, error });
      throw error;
    } finally {
      // Without this check, Powertools warns of every event that failed before there was anything to count.
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    }
  };

/** @throws SharingIncompleteError where an account failed, after the log and the metrics have it */
function report(result: SharingResult, since: Date): void {
  const failed = result.accounts.filter(({ error }) => error !== undefined).length;
  metrics.addMetric('AccountsShared', MetricUnit.Count, result.accounts.length - failed);
  metrics.addMetric('AccountsFailed', MetricUnit.Count, failed);
  metrics.addMetric('ShareSeconds', MetricUnit.Seconds, (Date.now() - since.getTime()) / 1000);
  logger.info('Shared the image', { result });
  if (failed > 0) throw new SharingIncompleteError(result);
}

// Made once per execution environment: connections are kept open between events.
export const handler = handlerWith({ clients: awsClients(), waits: awsWaits });
