import { PublishCommand } from '@aws-sdk/client-sns';
import { onBuild } from './build';
import type { Run } from './clients';
import type { Happening } from './event';
import { idOf, type Outcome } from './group';
import type { Telling } from './notice';
import { onApproval, onPipeline } from './pipeline';
import { rendered } from './render';
import { onSharing } from './sharing';
import { logger } from './telemetry';

/** What was published; nothing where a notice of something else has the same content. */
export interface Published {
  readonly title?: string;
  readonly messageId?: string;
}

/** @returns the notice of an event; nothing where another notice has the same content */
export async function outcomeOf(
  happening: Exclude<Happening, { what: 'watch' }>,
  run: Run,
): Promise<Telling | undefined> {
  switch (happening.what) {
    case 'build':
      return onBuild(happening.event, run);
    case 'pipeline':
      return onPipeline(happening.event, run);
    case 'approval':
      return onApproval(happening.event, run);
    case 'sharing':
      return onSharing(happening.event, run);
  }
}

/**
 * Publishes a notice, then measures.
 *
 * @param outcomes what it is sent for, for the log
 */
export async function publish(
  { notice, measure }: Telling,
  { clients, settings }: Run,
  outcomes: readonly Outcome[],
): Promise<Published> {
  const { MessageId: messageId } = await clients.sns.send(
    new PublishCommand({ TopicArn: settings.statusTopicArn, ...rendered(notice) }),
  );
  measure?.();
  const ids = [...new Set(outcomes.map((outcome) => idOf(outcome.notice)))];
  logger.info('Published', { title: notice.title, ids, events: outcomes.length, messageId });
  return { title: notice.title, ...(messageId !== undefined && { messageId }) };
}
