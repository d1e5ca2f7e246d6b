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
}
