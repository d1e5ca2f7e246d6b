import { testCounts } from '../../../lab/check/jest-results';

const report = (assertions: [fullName: string, status: string][], broken = 0) =>
  JSON.stringify({
    numPassedTests: assertions.filter(([, status]) => status === 'passed').length,
    numFailedTests: assertions.filter(([, status]) => status === 'failed').length,
    numPendingTests: assertions.filter(([, status]) => status === 'pending').length,
    numRuntimeErrorTestSuites: broken,
    testResults: [
      {
        assertionResults: assertions.map(([fullName, status]) => ({
          ancestorTitles: fullName.split(' > ').slice(0, -1),
          fullName,
          status,
        })),
      },
    ],
  });

test('counts what passed and failed, and names the groups that were skipped', () => {
  const counts = testCounts(
    report([
      ['a', 'passed'],
      ['b', 'failed'],
      ['packer [not installed: packer] > bakes', 'pending'],
      ['packer [not installed: packer] > validates > prover', 'pending'],
      ['alone', 'pending'],
    ]),
  );
  expect(counts).toEqual({
    passed: 1,
    failed: 1,
    skipped: new Map([
      ['packer [not installed: packer]', 2],
      ['alone', 1],
    ]),
  });
});

test('a file that does not load is a failure', () => {
  expect(testCounts(report([['a', 'passed']], 1))).toMatchObject({ passed: 1, failed: 1 });
});

test('a report of another form is refused', () => {
  expect(() => testCounts('{}')).toThrow('numFailedTests');
});
