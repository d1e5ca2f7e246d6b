import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { outcomeEvents } from '../../config/names';
import { briefly, EventRefusedError, SharingError, SharingIncompleteError } from './errors';
import { retrying } from './retry';
import type { Run } from './run';

/** Detail types that the function puts onto the default event bus; docs/sharing.md documents their details. */
export type OutcomeType = Exclude<keyof typeof outcomeEvents, 'source'>;

/**
 * Tells the default event bus of an outcome. At least once: whoever repeats an invocation repeats its event. Nothing is
 * sent in a dry run.
 *
 * @throws EventRefusedError where the bus does not take it, after some repetitions
 */
export async function announce(
  { clients, waits, dryRun }: Pick<Run, 'clients' | 'waits' | 'dryRun'>,
  type: OutcomeType,
  detail: object,
): Promise<void> {
  if (dryRun) return;
  const DetailType = outcomeEvents[type];
  await retrying(async () => {
    const { Entries: [entry] = [] } = await clients.events.send(
      new PutEventsCommand({
        Entries: [{ Source: outcomeEvents.source, DetailType, Detail: JSON.stringify(detail) }],
      }),
    );
    if (entry?.EventId === undefined) throw new EventRefusedError(DetailType, entry?.ErrorCode);
  }, waits);
}

/** What `AMI Sharing Failed` says of an error. */
export const failureDetail = (error: unknown) => ({
  error: error instanceof Error ? error.name : 'Error',
  message: briefly(error),
  permanent: error instanceof SharingError && error.permanent,
  ...(error instanceof SharingIncompleteError && { accounts: error.result.accounts }),
});
