import type { Context, SQSBatchResponse } from 'aws-lambda';
import { batchOf, onBatch } from './batch';
import { awsClients, remembering, type Clients, type Run } from './clients';
import { isPermanent } from '../common/errors';
import { parseEvent } from './event';
import { outcomeOf, publish, type Published } from './outcome';
import { settingsFrom } from './settings';
import { logger, measure } from './telemetry';
import { watchApprovals, type Waiting } from './watch';

export type Answer = Published | { readonly waiting: readonly Waiting[] } | SQSBatchResponse;

/**
 * Turns events into one message for each outcome. It takes batches of its queue, single events (`make redrive`) and the
 * watch. At least once: an invocation that runs again sends its messages again. Of a batch, each event fails alone and
 * stays in the queue; every other failure is logged and thrown.
 */
export const handlerWith =
  (clients: Clients) =>
  async (event: unknown, context: Context): Promise<Answer> => {
    logger.resetKeys();
    logger.addContext(context);
    try {
      const run: Run = { clients, settings: settingsFrom(process.env), once: remembering() };
      const batch = batchOf(event);
      if (batch !== undefined) return await onBatch(batch, run, () => context.getRemainingTimeInMillis());
      const known = parseEvent(event, run.settings);
      if (known.what === 'watch') return { waiting: await watchApprovals(run) };
      const outcome = await outcomeOf(known, run);
      if (outcome === undefined) return {};
      return await publish(outcome, run, [{ ...outcome, time: known.event.time }]);
    } catch (error) {
      logger.error('The invocation failed', { permanent: isPermanent(error), error });
      measure('Failures', 1);
      throw error;
    }
  };

// Made once per execution environment: connections are kept open between events.
export const handler = handlerWith(awsClients());
