import { z } from 'zod';

/** What is read of Jest's own report (Jest documentation, "--json"). */
const resultsSchema = z.object({
  numFailedTests: z.number(),
  numPassedTests: z.number(),
  numPendingTests: z.number(),
  numRuntimeErrorTestSuites: z.number(),
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({ ancestorTitles: z.array(z.string()), fullName: z.string(), status: z.string() }),
      ),
    }),
  ),
});

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  /** Tests that did not run, by the outermost group that they stand in; its name has what was lacking. */
  readonly skipped: ReadonlyMap<string, number>;
}

/** Counts of a report; a test file that does not even load counts as one failure. */
export function testCounts(report: string): TestCounts {
  const results = resultsSchema.parse(JSON.parse(report));
  const skipped = new Map<string, number>();
  for (const { ancestorTitles, fullName, status } of results.testResults.flatMap((file) => file.assertionResults)) {
    const group = ancestorTitles[0] ?? fullName;
    if (status === 'pending') skipped.set(group, (skipped.get(group) ?? 0) + 1);
  }
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    skipped,
  };
}
