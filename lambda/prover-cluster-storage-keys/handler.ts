import type { Context } from 'aws-lambda';
import { awsClients, type Clients } from './clients';
import { inWords, RotationFailedError } from './errors';
import { parseEvent } from './event';
import { settingsFrom } from './settings';
import { rotate } from './steps';
import { logger } from './telemetry';
import { awsWaits, type Waits } from './waits';

/** What the handler needs from outside. */
export interface Dependencies {
  readonly clients: Clients;
  readonly waits: Waits;
}

/** A handler of rotation events. Every failure is logged and thrown: Secrets Manager tries again, and an alarm fires. */
export const handlerWith =
  ({ clients, waits }: Dependencies) =>
  async (event: unknown, context: Context): Promise<void> => {
    logger.resetKeys();
    logger.addContext(context);
    try {
      await rotate(parseEvent(event), { clients, settings: settingsFrom(process.env), waits });
    } catch (error) {
      const reason = inWords(error);
      logger.error('The step failed', { reason });
      throw new RotationFailedError(reason);
    }
  };

// Made once per execution environment: connections are kept open between events.
export const handler = handlerWith({ clients: awsClients(), waits: awsWaits });
