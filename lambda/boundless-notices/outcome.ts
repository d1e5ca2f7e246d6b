import { PublishCommand } from '@aws-sdk/client-sns';
import { onBuild } from './build';
import type { Run } from './clients';
import type { NoticeEvent } from './event';
import { idOf, type Outcome } from './group';
import type { Notification } from './notice';
import { onApproval, onPipeline } from './pipeline';
import { rendered } from './render';
import { onRetirement } from './retirement';
import { onSharing } from './sharing';
import { logger } from './telemetry';

/** What was published; nothing where a notice of something else has the same content. */
export interface Published {
  readonly title?: string;
  readonly messageId?: string;
}

/** @returns the notice of an event; nothing where another notice has the same content */
export async function outcomeOf(
  noticeEvent: Exclude<NoticeEvent, { what: 'watch' }>,
  run: Run,
): Promise<Notification | undefined> {
  switch (noticeEvent.what) {
    case 'build':
      return onBuild(noticeEvent.event, run);
    case 'pipeline':
      return onPipeline(noticeEvent.event, run);
    case 'approval':
      return onApproval(noticeEvent.event, run);
    case 'sharing':
      return onSharing(noticeEvent.event, run);
    case 'retirement':
      return onRetirement(noticeEvent.event, run);
  }
}

/**
 * Publishes a notice, then measures.
 *
 * @param outcomes what it is sent for, for the log
 */
export async function publish(
  { notice, measure }: Notification,
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
