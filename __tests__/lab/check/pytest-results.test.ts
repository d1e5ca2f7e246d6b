import { pytestCounts } from '../../../lab/check/pytest-results';

/** As pytest 9 writes it. */
const report = (attributes: string, cases = ''): string =>
  `<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" ${attributes} time="0.1">${cases}</testsuite></testsuites>`;

test('counts, and why tests were skipped', () => {
  const skipped =
    '<testcase name="a"><skipped type="pytest.skip" message="needs python3-boto3">f.py:1</skipped></testcase>';
  expect(pytestCounts(report('errors="1" failures="2" skipped="2" tests="9"', skipped + skipped))).toEqual({
    passed: 4,
    failed: 3,
    skipped: new Map([['needs python3-boto3', 2]]),
  });
});

test.each([
  ['no tests', report('errors="0" failures="0" skipped="0" tests="0"')],
  ['no counts', report('')],
  ['an empty file', ''],
])('a report with %s is an error', (_, text) => {
  expect(() => pytestCounts(text)).toThrow('counts no tests');
});
