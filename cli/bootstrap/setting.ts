import { setTimeout as sleep } from 'node:timers/promises';

/**
 * One thing that an account must have. Reading and writing are apart, so that a dry run, a repair and the check
 * afterwards share all of it.
 */
export interface Setting {
  /** What it is called in the report, for example `versioning`. */
  readonly name: string;
  /** What there is now, in a form that people read and that equals `desired` when nothing is to do. */
  current(): Promise<string>;
  readonly desired: string;
  /** Brings about what is desired. Safe to repeat, and only called when there is a difference. */
  apply(): Promise<void>;
}

export interface ReconcileOptions {
  /** Reports what would be done, and does nothing. */
  readonly dryRun: boolean;
  /** Called for each setting as soon as it is reconciled. */
  readonly report: (line: string) => void;
  /** @default - waits that many milliseconds */
  readonly pause?: (milliseconds: number) => Promise<unknown>;
}

/** What a setting reads as where there is none. */
export const absent = '(nothing)';

/** A setting that is not what it was just set to. */
export class NotAppliedError extends Error {
  override readonly name = 'NotAppliedError';

  constructor({ name, desired }: Setting, found: string) {
    super(
      `${name} was set to ${desired}, and reads ${found}; run the command again, and look for a policy that forbids it`,
    );
  }
}

/**
 * What was written is not always read at once (Amazon S3 User Guide, "Amazon S3 data consistency model": bucket
 * configurations are eventually consistent; IAM User Guide, "Troubleshoot IAM": changes that I make are not always
 * immediately visible). 15.5 s altogether.
 */
const pausesMs = [500, 1000, 2000, 4000, 8000];

async function readBack(setting: Setting, pause: (milliseconds: number) => Promise<unknown>): Promise<void> {
  let found = await setting.current();
  for (const milliseconds of pausesMs) {
    if (found === setting.desired) return;
    await pause(milliseconds);
    found = await setting.current();
  }
  if (found !== setting.desired) throw new NotAppliedError(setting, found);
}

/**
 * Brings settings about one after another, and reads each back.
 *
 * @returns how many were changed, or would be in a dry run
 */
export async function reconcile(settings: readonly Setting[], options: ReconcileOptions): Promise<number> {
  const { dryRun, report, pause = sleep } = options;
  let differing = 0;
  for (const setting of settings) {
    const { name, desired } = setting;
    try {
      const found = await setting.current();
      if (found === desired) {
        report(`ok            ${name}: ${desired}`);
        continue;
      }
      differing += 1;
      if (!dryRun) {
        await setting.apply();
        await readBack(setting, pause);
      }
      report(`${dryRun ? 'would change' : 'changed     '}  ${name}: ${found} -> ${desired}`);
    } catch (error) {
      // AWS does not always return what it was asked for.
      report(`failed        ${name}`);
      throw error;
    }
  }
  return differing;
}
