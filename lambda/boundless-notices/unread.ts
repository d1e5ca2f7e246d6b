import { logger } from './telemetry';

/**
 * Logs that a record could not be read.
 *
 * @param record whose, and of what
 * @returns the text of the notice: the name of the error alone, since messages of errors can repeat anything
 */
export function unreadBecause(error: unknown, record: string): string {
  logger.warn(`${record} could not be read: the notice goes out without it`, { error });
  return `${record} could not be read (${error instanceof Error ? error.name : 'an error without a name'}); the log has why`;
}
