import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
// As a namespace, for the bundler: see settings.ts.
import * as z from 'zod';
import type { Run } from './clients';
import { isPermanent } from '../common/errors';
import { UnknownEventError } from './errors';
import { parseEvent } from './event';
import { grouped, type Outcome } from './group';
import type { Notification } from './notice';
import { outcomeOf, publish } from './outcome';
import { logger, measure } from './telemetry';

/** AWS Lambda Developer Guide, "Using Lambda with Amazon SQS": what the function gets; the rest of a record is not used. */
const batch = z.looseObject({
  Records: z
    .array(z.looseObject({ eventSource: z.literal('aws:sqs'), messageId: z.string(), body: z.string() }))
    .min(1),
});

export type Batch = Pick<SQSRecord, 'messageId' | 'body'>[];

/** The records of a batch of the queue; nothing where the input is none. */
export const batchOf = (input: unknown): Batch | undefined => batch.safeParse(input).data?.Records;

/** Events whose records are read at one time. */
const atOnce = 10;

/** Milliseconds that publishing needs: no more events are read once less is left of the invocation. */
const reserve = 15_000;

interface Event extends Outcome, Notification {
  readonly messageId: string;
}

/**
 * Sends the notices of a batch, equal ones as one. Each event of the batch succeeds or fails alone.
 *
 * @param remaining milliseconds until the invocation is cut
 * @returns the messages that stay in the queue: the queue gives each a bounded number of times, and then leaves it with
 *   the dead letters
 */
export async function onBatch(records: Batch, run: Run, remaining: () => number): Promise<SQSBatchResponse> {
  const failed = new Set<string>();
  const fail = (messageId: string, error: unknown) => {
    failed.add(messageId);
    logger.error('An event failed', {
      messageId,
      permanent: isPermanent(error),
      error: error instanceof Error ? error : new Error(String(error)),
    });
  };
  const events: Event[] = [];
  const queue = [...records];
  const reader = async () => {
    for (let record = queue.shift(); record !== undefined; record = queue.shift()) {
      const { messageId, body } = record;
      try {
        if (remaining() < reserve)
          throw new Error('No time was left for it in this invocation; the queue gives it again');
        const known = parseEvent(json(body), run.settings);
        if (known.what === 'watch') throw new UnknownEventError('the queue carries no commands');
        const outcome = await outcomeOf(known, run);
        if (outcome !== undefined) events.push({ ...outcome, time: known.event.time, messageId });
      } catch (error) {
        fail(messageId, error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, reader));
  for (const { notice, outcomes } of grouped(events)) {
    try {
      await publish(
        {
          notice,
          measure: () => {
            measureAll(outcomes);
          },
        },
        run,
        outcomes,
      );
    } catch (error) {
      for (const { messageId } of outcomes) fail(messageId, error);
    }
  }
  if (failed.size > 0) measure('Failures', failed.size);
  return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Equal notices are of one build, which is measured once. */
function measureAll(outcomes: readonly Event[]): void {
  const ofThread = new Map(outcomes.map((outcome) => [`${outcome.notice.threadId} ${outcome.notice.title}`, outcome]));
  for (const { measure: measureIt } of ofThread.values()) measureIt?.();
}

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new UnknownEventError('it is no JSON');
  }
}
