import { isPermanent } from '../../common/errors';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { outcomeEvents } from '../../../config/names';
import { shortMessage, EventRefusedError, SharingIncompleteError } from '../errors';
import { retrying } from '../../common/retry';
import type { Run } from '../run';

/** Detail types that the function puts onto the default event bus; docs/sharing.md documents their details. */
export type OutcomeType = Exclude<keyof typeof outcomeEvents, 'source'>;

/**
 * Publishes an outcome on the default event bus. At least once: an invocation that is repeated repeats its event. Nothing is
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

/** What `AMI Sharing Failed` has of an error. */
export const failureDetail = (error: unknown) => ({
  error: error instanceof Error ? error.name : 'Error',
  message: shortMessage(error),
  permanent: isPermanent(error),
  ...(error instanceof SharingIncompleteError && { accounts: error.result.accounts }),
});
