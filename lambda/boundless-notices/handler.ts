import { PublishCommand } from '@aws-sdk/client-sns';
import type { Context } from 'aws-lambda';
import { onBuild } from './build';
import { awsClients, type Clients, type Run } from './clients';
import { NoticeError } from './errors';
import { parseEvent, type Happening } from './event';
import type { Telling } from './notice';
import { onApproval, onPipeline } from './pipeline';
import { rendered } from './render';
import { settingsFrom } from './settings';
import { onSharing } from './sharing';
import { logger, measure } from './telemetry';
import { watchApprovals, type Waiting } from './watch';

/** What was published; nothing where a notice of something else has said it already. */
export interface Published {
  readonly title?: string;
  readonly messageId?: string;
}

/**
 * Turns events into one message for each outcome. At least once: whoever repeats an invocation repeats its message. Every
 * failure is logged and thrown: Lambda repeats an event twice, and then leaves it in the dead-letter queue.
 */
export const handlerWith =
  (clients: Clients) =>
  async (event: unknown, context: Context): Promise<Published | { readonly waiting: readonly Waiting[] }> => {
    logger.resetKeys();
    logger.addContext(context);
    try {
      const run: Run = { clients, settings: settingsFrom(process.env) };
      const happening = parseEvent(event, run.settings);
      if (happening.what === 'watch') return { waiting: await watchApprovals(run) };
      return await publish(await tellingOf(happening, run), run);
    } catch (error) {
      logger.error('The invocation failed', { permanent: error instanceof NoticeError && error.permanent, error });
      measure('Failures', 1);
      throw error;
    }
  };

function tellingOf(happening: Exclude<Happening, { what: 'watch' }>, run: Run): Promise<Telling | undefined> {
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

async function publish(telling: Telling | undefined, { clients, settings }: Run): Promise<Published> {
  if (telling === undefined) {
    logger.info('Another notice says it');
    return {};
  }
  const { notice, measure: measureIt } = telling;
  const { MessageId } = await clients.sns.send(
    new PublishCommand({ TopicArn: settings.statusTopicArn, ...rendered(notice) }),
  );
  measureIt?.();
  logger.info('Told people', { title: notice.title, threadId: notice.threadId, messageId: MessageId });
  return { title: notice.title, ...(MessageId !== undefined && { messageId: MessageId }) };
}

// Made once per execution environment: connections are kept open between events.
export const handler = handlerWith(awsClients());
