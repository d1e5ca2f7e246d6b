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
  /** How a reconcile run divides the images. */
  readonly pages: Pages;
  /** Whether there is time to begin with a further image or account; only reconcile runs stop where there is none. */
  readonly mayBegin: () => boolean;
}

/** How a reconcile run divides the images. */
export interface Pages {
  /** So many of each kind, the newest, are compared in every run, before all others. */
  readonly newest: number;
  /** Images that are compared, announced and repaired together: what a run keeps in memory of them. */
  readonly size: number;
}

/** 500 images and what a service account has of them are a few megabytes of the function's 256. */
export const standardPages: Pages = { newest: 100, size: 500 };

/**
 * What a reconcile run keeps of its time, in seconds: an image that it has begun with is finished, which takes minutes where
 * a service account does not see it yet (`waits.ts`), and the result is measured and logged.
 */
export const reserveSeconds = 240;
