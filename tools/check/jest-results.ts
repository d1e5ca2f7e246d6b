import { z } from 'zod';

/** What is read of Jest's own report (Jest documentation, "--json"). */
const resultsSchema = z.object({
  numFailedTests: z.number(),
  numPassedTests: z.number(),
  numPendingTests: z.number(),
  numRuntimeErrorTestSuites: z.number(),
  testResults: z.array(z.object({ assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })) })),
});

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  /** Full names of tests that did not run; those that lack a tool say which. */
  readonly skipped: readonly string[];
}

/** Counts of a report; a test file that does not even load counts as one failure. */
export function testCounts(report: string): TestCounts {
  const results = resultsSchema.parse(JSON.parse(report));
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    skipped: results.testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === 'pending').map(({ fullName }) => fullName),
    ),
  };
}
