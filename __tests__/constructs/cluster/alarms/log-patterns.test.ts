import { brokerReleases, isFrom, type BrokerRelease } from '../../../../config/broker/releases';
import { brokerErrorFamilies } from '../../../../constructs/cluster/alarms/names';
import { filtersOf } from '../../../support/cluster-alarms';
import { takes } from '../../../support/filter-pattern';
import { coloured, documentedLines, plain } from '../../../support/log-patterns';
import { stackOf, synthesize } from '../../../support/synthesized';

const stacks = synthesize();
const filters = filtersOf(stackOf(stacks, 'prover-cluster-production'));
const short = (name: string): string => name.replace('prover-cluster-production-', '');

/** Alarms whose lines Bento's programs print; the lines of others are the boot code's, systemd's and the kernel's. */
const ofPrograms = [
  ...brokerErrorFamilies.map((family) => `broker-${family}`),
  ...['gas-low', 'gas-out', 'collateral-low', 'collateral-out'],
  ...['manager-agent-errors', 'prover-agent-errors'],
];

test.each(documentedLines)('$line ($from-$to)', ({ alarms, role, unit, line }) => {
  for (const message of [plain(line), coloured(line)]) {
    const counting = filters
      .filter(({ log_group_name }) => log_group_name.toLowerCase().includes(`.${role}logs_`))
      .filter(({ pattern }) => takes(pattern, { message, unit, level: 'info' }))
      .map(({ name }) => short(name));
    expect(counting.sort()).toEqual([...alarms].sort());
  }
});

const printedBy = (release: BrokerRelease, alarm: string) =>
  documentedLines.filter(
    ({ alarms, from, to }) =>
      alarms.includes(alarm) && isFrom(release, from as BrokerRelease) && isFrom(to as BrokerRelease, release),
  );

test.each(ofPrograms)('%s fires on every release that images may carry', (alarm) => {
  const silent = brokerReleases.filter((release) => printedBy(release, alarm).length === 0);
  expect(silent).toEqual([]);
});

test('the table names releases and alarms that there are', () => {
  const known = filters.map(({ name }) => short(name));
  for (const { alarms, from, to } of documentedLines) {
    expect(brokerReleases).toContain(from);
    expect(brokerReleases).toContain(to);
    for (const alarm of alarms) expect(known).toContain(alarm);
  }
  expect(documentedLines.length).toBeGreaterThan(40);
});

test('CloudWatch takes the patterns: 1,024 characters at most, and five expressions in a log group', () => {
  // Amazon CloudWatch Logs API Reference, "PutMetricFilter"; User Guide, "Supported regular expression (regex) syntax".
  for (const { pattern } of filters) expect(pattern.length).toBeLessThanOrEqual(1024);
  for (const group of new Set(filters.map(({ log_group_name }) => log_group_name))) {
    const ofGroup = filters.filter(({ log_group_name }) => log_group_name === group);
    expect(ofGroup.filter(({ pattern }) => pattern.includes('%')).length).toBeLessThanOrEqual(5);
  }
});
