import type { Context } from 'aws-lambda';
import { awsClients, type Clients } from './clients';
import { isCommand } from './commands/command';
import { isPermanent } from '../common/errors';
import { onBuild } from './events/on-build';
import { onCommand, type CommandResult } from './commands/on-command';
import { reserveSeconds, standardPages, type Pages } from './run';
import type { SharingResult } from './result';
import { settingsFrom } from './settings';
import { flush, logger, measure } from './telemetry';
import { awsWaits, type Waits } from './waits';

/** What the handler needs from outside. */
export interface Dependencies {
  readonly clients: Clients;
  readonly waits: Waits;
  /** @default standardPages */
  readonly pages?: Pages;
}

/**
 * A handler of build events and of commands. Every failure is logged and thrown: Lambda repeats an event or a scheduled
 * command twice, and then leaves it in the dead-letter queue; an operator sees it.
 */
export const handlerWith =
  ({ clients, waits, pages = standardPages }: Dependencies) =>
  async (event: unknown, context: Context): Promise<SharingResult | CommandResult> => {
    logger.resetKeys();
    logger.addContext(context);
    try {
      const settings = settingsFrom(process.env);
      const common = { clients, settings, waits, pages };
      const isInTime = () => context.getRemainingTimeInMillis() > reserveSeconds * 1000;
      if (isCommand(event)) return await onCommand(event, { ...common, mayBegin: isInTime });
      return await onBuild(event, { ...common, dryRun: false, mayBegin: () => true });
    } catch (error) {
      const permanent = isPermanent(error);
      logger.error('The invocation failed', { permanent, error });
      measure({ Failures: 1 });
      throw error;
    } finally {
      flush();
    }
  };

// Made once per execution environment: connections are kept open between events.
export const handler = handlerWith({ clients: awsClients(), waits: awsWaits });
