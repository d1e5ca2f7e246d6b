import { clusterAlarm, type ClusterAlarm } from '../../../../constructs/cluster/alarms/names';
import { factory } from '../../../../config';
import { alarmsOf, metricName, fires, type Feed, type Minutes } from '../../../support/cluster-alarms';
import { stackOf, synthesize } from '../../../support/synthesized';

const stack = stackOf(synthesize(), 'prover-cluster-production');
const { alarms: thresholds } = factory.environments.find(({ environment }) => environment === 'production')!;

const alarm = (name: ClusterAlarm) => {
  const found = alarmsOf(stack).find(({ alarm_name }) => alarm_name === clusterAlarm('production', name));
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};

const group = (role: string, metric: string) =>
  metricName('AWS/AutoScaling', metric, { AutoScalingGroupName: `prover-cluster-production-${role}` });
const ofRole = (role: string, metric: string, more: Record<string, string> = {}) =>
  metricName('BoundlessProverCluster', metric, { Environment: 'production', Role: role, ...more });

const always = (constant: number) => ({ constant });
/** Minutes of one value, and then of another. */
const then = (...parts: readonly (readonly [value: number | undefined, minutes: number])[]): Minutes =>
  parts.flatMap(([value, minutes]) => Array.from({ length: minutes }, () => value));

const managers = (
  wanted: Feed[string],
  serving: Feed[string],
  draining: Feed[string] = always(0),
  starting: Feed[string] = always(0),
): Feed => ({
  [group('manager', 'GroupDesiredCapacity')]: wanted,
  [group('manager', 'GroupInServiceInstances')]: serving,
  [group('manager', 'GroupTerminatingInstances')]: draining,
  [group('manager', 'GroupPendingInstances')]: starting,
});
const provers = (wanted: Feed[string], serving: Feed[string]): Feed => ({
  [group('prover', 'GroupDesiredCapacity')]: wanted,
  [group('prover', 'GroupInServiceInstances')]: serving,
});
const queued = (value: Feed[string]): Feed => ({ [ofRole('manager', 'QueuedTasks')]: value });
const age = (value: Feed[string]): Feed => ({ [ofRole('manager', 'QueueAgeSeconds')]: value });
const gpus = (value: Feed[string]): Feed => ({ [ofRole('prover', 'GpuUtilization')]: value });
const disk = (role: string, Mountpoint: string, value: Feed[string]): Feed => ({
  [ofRole(role, 'FilesystemUsed', { Mountpoint })]: value,
});
const valkey = (value: Feed[string]): Feed => ({ [ofRole('manager', 'ValkeyMemoryUsed')]: value });
const memory = (role: string, value: Feed[string]): Feed => ({ [ofRole(role, 'MemoryAvailable')]: value });

test('the examples are made for these thresholds', () => {
  expect(thresholds).toEqual({
    noManagerMinutes: 45,
    managerSilentMinutes: 45,
    proversShort: { minutes: 60, belowPercent: 90 },
    proverBootFailures: 2,
    gpusIdleMinutes: 30,
    queueAgeMinutes: 30,
    diskPercent: 80,
    memoryMiB: 512,
  });
});

const crashing = then(...Array.from({ length: 12 }, () => [[0, 3] as const, [1, 2] as const]).flat());
const MiB = 1024 ** 2;

const cases: readonly [alarm: ClusterAlarm, what: string, feed: Feed, expected: boolean][] = [
  ['no-manager', 'none for long enough', managers(always(1), then([1, 60], [0, 45])), true],
  ['no-manager', 'none, but not for so long', managers(always(1), then([1, 60], [0, 44])), false],
  ['no-manager', 'one in service', managers(always(1), always(1)), false],
  ['no-manager', 'a group that wants none', managers(always(0), always(0)), false],
  ['no-manager', 'a group that has wanted one for a short time', managers(then([0, 60], [1, 44]), always(0)), false],
  ['no-manager', 'one that drains for two hours', managers(always(1), always(0), then([1, 135])), false],
  ['no-manager', 'one that drained, and no other since', managers(always(1), always(0), then([1, 99], [0, 45])), true],
  ['no-manager', 'instances that never enter service', managers(always(1), always(0), crashing, crashing), true],
  ['no-manager', 'one that starts and starts', managers(always(1), always(0), always(0), always(1)), true],
  ['no-manager', 'a group without metrics', {}, false],

  [
    'manager-silent',
    'no measurement for long enough',
    { ...managers(always(1), always(1)), ...queued(then([3, 60], [undefined, 45])) },
    true,
  ],
  [
    'manager-silent',
    'no measurement, but not for so long',
    { ...managers(always(1), always(1)), ...queued(then([3, 60], [undefined, 44])) },
    false,
  ],
  ['manager-silent', 'no measurement ever', managers(always(1), always(0)), true],
  ['manager-silent', 'an empty queue', { ...managers(always(1), always(1)), ...queued(always(0)) }, false],
  ['manager-silent', 'a group that wants none', managers(always(0), always(0)), false],
  ['manager-silent', 'a group without metrics', {}, false],

  ['provers-short', 'fewer than 90 % for an hour', provers(always(10), then([10, 60], [8, 60])), true],
  ['provers-short', 'fewer than 90 %, but not for an hour', provers(always(10), then([10, 60], [8, 59])), false],
  ['provers-short', 'exactly 90 %', provers(always(10), always(9)), false],
  ['provers-short', 'one of four missing', provers(always(4), always(3)), true],
  ['provers-short', 'the only one missing', provers(always(1), always(0)), true],
  ['provers-short', 'a group that wants none', provers(always(0), always(0)), false],
  ['provers-short', 'a group that has grown a while ago', provers(then([1, 60], [4, 59]), always(1)), false],
  ['provers-short', 'a group without metrics', {}, false],

  [
    'gpus-idle',
    'tasks wait, and GPUs idle',
    { ...provers(always(4), always(4)), ...queued(then([0, 60], [1, 30])), ...gpus(always(0)) },
    true,
  ],
  [
    'gpus-idle',
    'not for so long',
    { ...provers(always(4), always(4)), ...queued(then([0, 60], [1, 29])), ...gpus(always(0)) },
    false,
  ],
  [
    'gpus-idle',
    'a GPU just below 5 %',
    { ...provers(always(4), always(4)), ...queued(always(9)), ...gpus(always(4.9)) },
    true,
  ],
  ['gpus-idle', 'a GPU at 5 %', { ...provers(always(4), always(4)), ...queued(always(9)), ...gpus(always(5)) }, false],
  [
    'gpus-idle',
    'a GPU that works now and then',
    { ...provers(always(4), always(4)), ...queued(always(9)), ...gpus(then([0, 40], [80, 1], [0, 14])) },
    false,
  ],
  ['gpus-idle', 'GPUs without metrics', { ...provers(always(4), always(4)), ...queued(always(9)) }, true],
  [
    'gpus-idle',
    'an idle market',
    { ...provers(always(4), always(4)), ...queued(always(0)), ...gpus(always(0)) },
    false,
  ],
  [
    'gpus-idle',
    'tasks that come and go',
    { ...provers(always(4), always(4)), ...queued(then([5, 40], [0, 1], [5, 9])), ...gpus(always(0)) },
    false,
  ],
  ['gpus-idle', 'a group that wants none', { ...provers(always(0), always(0)), ...queued(always(9)) }, false],
  ['gpus-idle', 'a manager that reports nothing', { ...provers(always(4), always(4)), ...gpus(always(0)) }, false],
  ['gpus-idle', 'a group without metrics', { ...queued(always(9)), ...gpus(always(0)) }, false],

  ['queue-old', 'older than 30 minutes', { ...provers(always(4), always(4)), ...age(always(1801)) }, true],
  ['queue-old', 'exactly 30 minutes', { ...provers(always(4), always(4)), ...age(always(1800)) }, false],
  ['queue-old', 'nothing waits', { ...provers(always(4), always(4)), ...age(always(0)) }, false],
  ['queue-old', 'a group that wants none', { ...provers(always(0), always(0)), ...age(always(86_400)) }, false],
  ['queue-old', 'a manager that reports nothing', provers(always(4), always(4)), false],

  ['manager-disk', 'more than 80 %', disk('manager', '/', always(0.801)), true],
  ['manager-disk', 'exactly 80 %', disk('manager', '/', always(0.8)), false],
  ['manager-disk', 'no instance', {}, false],
  ['manager-disk', 'a full data volume', disk('manager', '/var/lib/bento', always(1)), false],
  ['manager-data-disk', 'more than 80 %', disk('manager', '/var/lib/bento', always(0.801)), true],
  ['manager-data-disk', 'exactly 80 %', disk('manager', '/var/lib/bento', always(0.8)), false],
  ['manager-data-disk', 'no instance', {}, false],
  ['prover-disk', 'one instance of many', disk('prover', '/', then([0.2, 4], [0.9, 1])), true],
  ['prover-disk', 'exactly 80 %', disk('prover', '/', always(0.8)), false],
  ['prover-disk', 'no instance', {}, false],

  ['manager-memory', 'less than 512 MiB', memory('manager', always(512 * MiB - 1)), true],
  ['manager-memory', 'exactly 512 MiB', memory('manager', always(512 * MiB)), false],
  ['manager-memory', 'no instance', {}, false],
  ['prover-memory', 'one instance of many', memory('prover', then([9000 * MiB, 4], [100 * MiB, 1])), true],
  ['prover-memory', 'exactly 512 MiB', memory('prover', always(512 * MiB)), false],
  ['prover-memory', 'no instance', {}, false],
  ['manager-valkey-memory', 'more than 75 % in one minute', valkey(then([0.1, 9], [0.76, 1])), true],
  ['manager-valkey-memory', 'exactly 75 %', valkey(always(0.75)), false],
  ['manager-valkey-memory', 'provers that have worked it off', valkey(then([0.9, 9], [0.2, 1])), false],
  ['manager-valkey-memory', 'no instance', {}, false],
];

test.each(cases)('%s: %s', (name, _, feed, expected) => {
  expect(fires(alarm(name), feed)).toBe(expected);
});

test('every alarm that counts no lines has an example that fires and one that does not', () => {
  const counting = new Set(
    Object.values(stack.resource['aws_cloudwatch_log_metric_filter'] ?? {}).map(({ name }) => String(name)),
  );
  const measuring = alarmsOf(stack)
    .map(({ alarm_name }) => alarm_name)
    .filter((name) => name.startsWith('prover-cluster-production-') && !counting.has(name));
  for (const expected of [true, false])
    expect(
      [...new Set(cases.filter((row) => row[3] === expected).map(([name]) => clusterAlarm('production', name)))].sort(),
    ).toEqual(measuring.sort());
});

test('no alarm fires where groups want no instances', () => {
  const empty: Feed = {
    ...managers(always(0), always(0)),
    ...provers(always(0), always(0)),
  };
  expect(
    alarmsOf(stack)
      .filter((one) => fires(one, empty))
      .map(({ alarm_name }) => alarm_name),
  ).toEqual([]);
});

test('no alarm fires for a healthy cluster in an idle market', () => {
  const idle: Feed = {
    ...managers(always(1), always(1)),
    ...provers(always(4), always(4)),
    ...queued(always(0)),
    ...age(always(0)),
    ...gpus(always(0)),
    ...disk('manager', '/', always(0.3)),
    ...disk('manager', '/var/lib/bento', always(0.1)),
    ...disk('prover', '/', always(0.3)),
    ...valkey(always(0.1)),
    ...memory('manager', always(20_000 * MiB)),
    ...memory('prover', always(10_000 * MiB)),
  };
  expect(
    alarmsOf(stack)
      .filter((one) => fires(one, idle))
      .map(({ alarm_name }) => alarm_name),
  ).toEqual([]);
});
