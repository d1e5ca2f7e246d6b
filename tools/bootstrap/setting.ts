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

export type Outcome = 'ok' | 'changed' | 'would change';

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
 * Brings settings about one after another, and reads each back.
 *
 * @param report hears of each setting as soon as it is settled
 * @returns how many were changed, or would be in a dry run
 */
export async function settle(
  settings: readonly Setting[],
  dryRun: boolean,
  report: (line: string) => void,
): Promise<number> {
  let differing = 0;
  for (const setting of settings) {
    const { name, desired } = setting;
    const found = await setting.current();
    if (found === desired) {
      report(`ok            ${name}: ${desired}`);
      continue;
    }
    differing += 1;
    if (!dryRun) {
      await setting.apply();
      const now = await setting.current();
      if (now !== desired) throw new NotAppliedError(setting, now);
    }
    report(`${dryRun ? 'would change' : 'changed     '}  ${name}: ${found} -> ${desired}`);
  }
  return differing;
}
