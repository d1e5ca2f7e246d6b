import { testCounts } from '../../../tools/check/jest-results';

const report = (assertions: [fullName: string, status: string][], broken = 0) =>
  JSON.stringify({
    numPassedTests: assertions.filter(([, status]) => status === 'passed').length,
    numFailedTests: assertions.filter(([, status]) => status === 'failed').length,
    numPendingTests: assertions.filter(([, status]) => status === 'pending').length,
    numRuntimeErrorTestSuites: broken,
    testResults: [{ assertionResults: assertions.map(([fullName, status]) => ({ fullName, status })) }],
  });

test('counts what passed and failed, and names what was skipped', () => {
  const counts = testCounts(
    report([
      ['a', 'passed'],
      ['b', 'failed'],
      ['packer [not installed: packer] bakes', 'pending'],
    ]),
  );
  expect(counts).toEqual({ passed: 1, failed: 1, skipped: ['packer [not installed: packer] bakes'] });
});

test('a file that does not load is a failure', () => {
  expect(testCounts(report([['a', 'passed']], 1))).toMatchObject({ passed: 1, failed: 1 });
});

test('a report of another form is refused', () => {
  expect(() => testCounts('{}')).toThrow('numFailedTests');
});
