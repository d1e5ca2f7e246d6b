import type { Context } from 'aws-lambda';
import { isPermanent } from '../common/errors';
import { undo, type UndoResult } from './actions/undo';
import { awsClients, type Clients } from './clients';
import { checkedCommand } from './commands/command';
import { retire, type RetireResult } from './retire';
import { reserveSeconds, type Run } from './run';
import { settingsFrom } from './settings';
import { flush, logger, measure } from './telemetry';
import { awsWaits, type Waits } from './waits';

/** What the handler needs from outside. */
export interface Dependencies {
  readonly clients: Clients;
  readonly waits: Waits;
  /** In ms. @default Date.now */
  readonly now?: () => number;
}

/**
 * A handler of commands. Every failure is logged, measured and thrown: Lambda repeats a scheduled command twice, and then
 * leaves it in the dead-letter queue; an operator sees it.
 */
export const handlerWith =
  ({ clients, waits, now = () => Date.now() }: Dependencies) =>
  async (input: unknown, context: Context): Promise<RetireResult | UndoResult> => {
    logger.resetKeys();
    logger.addContext(context);
    try {
      const command = checkedCommand(input);
      logger.appendKeys(command);
      const run: Run = {
        clients,
        waits,
        settings: settingsFrom(process.env),
        dryRun: command.dryRun,
        now: now(),
        id: context.awsRequestId,
        mayBegin: () => context.getRemainingTimeInMillis() > reserveSeconds * 1000,
      };
      const result = command.command === 'undo' ? await undo(command.imageId, run) : await retire(run);
      logger.info('Done', { result });
      return result;
    } catch (error) {
      logger.error('The invocation failed', { permanent: isPermanent(error), error });
      measure({ CleanupFailures: 1 });
      throw error;
    } finally {
      flush();
    }
  };

// Made once per execution environment: connections are kept open between invocations.
export const handler = handlerWith({ clients: awsClients(), waits: awsWaits });
