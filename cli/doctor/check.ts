import { explain } from '../common/explain';

/** What a check found: `unknown` where AWS could not be asked, or nothing is deployed yet that could be looked at. */
export type Finding =
  | { readonly is: 'ok'; readonly found: string }
  | { readonly is: 'failed' | 'unknown'; readonly found: string; readonly fix: string };

/** A question that read-only calls answer. */
export interface Check {
  readonly name: string;
  run(): Promise<Finding>;
}

export type CheckResult = Finding & { readonly name: string };

export const ok = (found: string): Finding => ({ is: 'ok', found });
export const failed = (found: string, fix: string): Finding => ({ is: 'failed', found, fix });
export const unknown = (found: string, fix: string): Finding => ({ is: 'unknown', found, fix });

/**
 * Runs checks one after the other, and reports each as it ends. One that fails to ask stops no other.
 *
 * @param report is given each result at once
 */
export async function runChecks(
  checks: readonly Check[],
  report: (result: CheckResult) => void,
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks) {
    const finding = await check
      .run()
      .catch((error: unknown) => unknown(explain(error), 'allow that call to your role, or repeat the check later'));
    const result = { name: check.name, ...finding };
    results.push(result);
    report(result);
  }
  return results;
}

/** The exit code of a run: 0 all is well, 1 something failed, 3 nothing failed, but something could not be checked. */
export const exitCode = (results: readonly CheckResult[]): number =>
  results.some(({ is }) => is === 'failed') ? 1 : results.some(({ is }) => is === 'unknown') ? 3 : 0;

/** A result as a line for people, and its fix below it. */
export const lineOf = (result: CheckResult): string =>
  `${result.is.padEnd(7)}  ${result.name}: ${result.found}${result.is === 'ok' ? '' : `\n         fix: ${result.fix}`}`;
