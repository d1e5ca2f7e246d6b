import type { Clients } from './clients';
import type { Settings } from './settings';
import type { Waits } from './waits';

/** What every part of one invocation works with. */
export interface Run {
  readonly clients: Clients;
  readonly settings: Settings;
  readonly waits: Waits;
  /** Whether to find out what would change, and change nothing. */
  readonly dryRun: boolean;
  /** When it began, in ms: all of it decides by the same time. */
  readonly now: number;
  /** Names the run in its report: the id of the invocation. */
  readonly id: string;
  /** Whether there is time for a further change. */
  readonly mayBegin: () => boolean;
}

/**
 * What a run keeps of its time, in seconds: a change that was begun is finished and looked at (`waits.ts`), with its
 * retries, and the report is written.
 */
export const reserveSeconds = 120;
