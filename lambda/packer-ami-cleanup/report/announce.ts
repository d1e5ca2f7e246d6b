import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { outcomeEvents } from '../../../config/names';
import { FunctionError } from '../../common/errors';
import { retrying } from '../../common/retry';
import type { Run } from '../run';
import type { Summary } from './report';

/** Problems and sources in an event: its text has a limit, and the report has all of them. */
const listed = 10;

/**
 * Publishes the summary of a run on the default event bus, from where people are notified. A run that had nothing to do,
 * and a dry run, notify nobody: their reports are in the bucket.
 *
 * @throws EventRefusedError where the bus does not take it, after some repetitions
 */
export async function announce({ clients, waits, dryRun }: Run, summary: Summary, report: string): Promise<void> {
  const { changed, leftovers, problems, failedSources } = summary;
  const done = [...Object.values(changed), leftovers.removed].reduce((sum, count) => sum + count, 0);
  if (dryRun || done + problems.length + failedSources.length === 0) return;
  const detail = {
    ...summary,
    problems: problems.slice(0, listed),
    failedSources: failedSources.slice(0, listed),
    report,
  };
  await retrying(async () => {
    const entry = { Source: outcomeEvents.source, DetailType: outcomeEvents.retired, Detail: JSON.stringify(detail) };
    const { Entries: [answer] = [] } = await clients.events.send(new PutEventsCommand({ Entries: [entry] }));
    if (answer?.EventId === undefined) throw new EventRefusedError(answer?.ErrorCode);
  }, waits);
}

/** The event bus did not take an event. */
class EventRefusedError extends FunctionError {
  override readonly name = 'EventRefusedError';
  readonly permanent = false;

  constructor(code: string | undefined) {
    super(`The default event bus did not take "${outcomeEvents.retired}": ${code ?? 'no reason given'}`);
  }
}
