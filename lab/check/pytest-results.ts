import path from 'node:path';
import type { TestCounts } from './jest-results';

/** Where pytest leaves its report. */
export const pytestReport = path.resolve('.build', 'check', 'pytest.xml');

const attributesOf = (tag: string): ReadonlyMap<string, string> =>
  new Map([...tag.matchAll(/([\w:]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]));

/**
 * Counts of a report of pytest (pytest documentation, "Creating JUnitXML format files").
 *
 * @throws Error when the report has no tests: a run that found none must not pass for one that passed
 */
export function pytestCounts(report: string): TestCounts {
  const suite = attributesOf(/<testsuite\b[^>]*>/.exec(report)?.[0] ?? '');
  const count = (name: string): number => Number(suite.get(name) ?? Number.NaN);
  const [tests, failed, skips] = [count('tests'), count('failures') + count('errors'), count('skipped')];
  if (!(tests > 0) || Number.isNaN(failed) || Number.isNaN(skips))
    throw new Error(`pytest's report counts no tests: ${report.slice(0, 200)}`);
  const skipped = new Map<string, number>();
  for (const [, message = ''] of report.matchAll(/<skipped\b[^>]*?\bmessage="([^"]*)"/g))
    skipped.set(message, (skipped.get(message) ?? 0) + 1);
  return { passed: tests - failed - skips, failed, skipped };
}
