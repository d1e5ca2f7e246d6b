import { readFileSync } from 'node:fs';
import { logLines, refreshHours } from '../../../../config/contract';
import { type InstanceRole } from '../../../../config/names';
import {
  clusterAlarm,
  logMetric,
  rollbackAlarms,
  type ClusterAlarm,
} from '../../../../constructs/cluster/alarms/names';
import { agentErrors, unitFailure } from '../../../../constructs/cluster/alarms/instances';
import { alarmsOf, counted, filtersOf, fires } from '../../../support/cluster-alarms';
import { takes, type LogLine } from '../../../support/filter-pattern';
import { documentedLines, plain } from '../../../support/log-patterns';
import { stackOf, synthesize } from '../../../support/synthesized';

const { bootFailure } = logLines;
const environment = 'production';
const stack = stackOf(synthesize(), 'prover-cluster-production');
const alarms = alarmsOf(stack);
const filters = filtersOf(stack);
const short = (name: string): string => name.replace('prover-cluster-production-', '');

const groupOf = (role: InstanceRole) =>
  filters.filter(({ log_group_name }) => log_group_name.toLowerCase().includes(`.${role}logs_`));

/** A line as `service_files/vector.yaml` ships it. */
const line = (unit: string, message: string, level = 'info'): LogLine => ({ unit, message, level, instance: 'i-0123' });

/** How `tracing` prints an event: in colours, by default (tracing-subscriber, `fmt`). */
const event = (unit: string, level: string, text: string): LogLine =>
  line(
    unit,
    `\u001b[2m2026-01-16T10:00:00.000000Z\u001b[0m \u001b[31m${level}\u001b[0m \u001b[2mbroker\u001b[0m: ${text}`,
  );
const broker = (level: string, text: string) => event('bento-broker.service', level, text);

const boot = line('bento-configure.service', `${bootFailure}: the settings are missing`, 'err');
const failed = (unit: string) => line(unit, `${unit}: Failed with result 'exit-code'.`, 'warning');
const givenUp = (unit: string) => line(unit, `${unit}: Start request repeated too quickly.`, 'warning');
const xid = line('system', 'NVRM: Xid (PCI:0000:31:00): 79, pid=1234, GPU has fallen off the bus.', 'err');

/** Lines, the role whose instances write them, and the alarms that count them: these and no others. */
const lines: readonly [what: string, role: InstanceRole, line: LogLine, counting: readonly ClusterAlarm[]][] = [
  ['a boot that fails', 'manager', boot, ['manager-boot-failures']],
  ['a boot that fails', 'prover', boot, ['prover-boot-failures']],
  ['a boot that goes on', 'manager', line('bento-configure.service', 'starting bento-api.service'), []],
  [
    'a lifecycle hook that could not be completed',
    'prover',
    line('bento-configure.service', 'Auto Scaling could not be notified', 'err'),
    [],
  ],
  ['a boot failure that another unit logs', 'prover', line('ssh.service', bootFailure, 'err'), []],
  ['a service that fails', 'manager', failed('bento-api.service'), ['manager-services-failing']],
  [
    'secrets that are not applied',
    'manager',
    failed('bento-refresh.service'),
    ['manager-secrets-stale', 'manager-services-failing'],
  ],
  ['secrets that are not applied', 'prover', failed('bento-refresh.service'), ['prover-secrets-stale']],
  ['an agent that fails', 'prover', failed('bento-prover@0.service'), []],
  ['an agent that is given up', 'prover', givenUp('bento-prover@3.service'), ['prover-services-failing']],
  ['a service of others that fails', 'manager', failed('apt-daily.service'), []],
  ['an end that is none', 'manager', line('bento-api.service', 'bento-api.service: Deactivated successfully.'), []],
  [
    'an agent that plans badly',
    'manager',
    event('bento-executor@01.service', 'ERROR', '[BENTO-EXEC-001] text'),
    ['manager-agent-errors'],
  ],
  [
    'an agent without its stores',
    'manager',
    event('bento-aux.service', 'ERROR', '[BENTO-WF-100] text'),
    ['manager-agent-errors'],
  ],
  ['an agent that warns', 'manager', event('bento-aux.service', 'WARN', '[BENTO-WF-100] text'), []],
  [
    'an agent that proves badly',
    'prover',
    event('bento-prover@0.service', 'ERROR', '[BENTO-PROVE-002] text'),
    ['prover-agent-errors'],
  ],
  [
    'an agent that makes a snark badly',
    'prover',
    event('bento-prover@0.service', 'ERROR', '[BENTO-SNARK-001] text'),
    ['prover-agent-errors'],
  ],
  ['an agent without a manager', 'prover', event('bento-prover@0.service', 'ERROR', '[BENTO-WF-100] text'), []],
  ['a GPU that fails', 'prover', xid, ['prover-gpu-failures']],
  ...[
    'NVRM: GPU 0000:31:00.0: RmInitAdapter failed! (0x22:0x56:762)',
    'NVRM: RmInitAdapter failed! (0x22:0x56:762)',
  ].map((message): (typeof lines)[number] => [
    'a GPU that cannot be started',
    'prover',
    line('system', message),
    ['prover-gpu-failures'],
  ]),
  ['an Xid that another unit logs', 'prover', line('bento-prover@0.service', 'NVRM: Xid'), []],
  ['little ETH', 'manager', broker('WARN', '[B-BAL-ETH] text'), ['gas-low']],
  ['almost no ETH', 'manager', broker('ERROR', '[B-BAL-ETH] text < error threshold'), ['gas-out']],
  ['little collateral', 'manager', broker('WARN', '[B-BAL-STK] text'), ['collateral-low']],
  ['almost no collateral', 'manager', broker('ERROR', '[B-BAL-STK] text'), ['collateral-out']],
  ['enough ETH', 'manager', broker('TRACE', 'balance of 0x0 is: 1'), []],
  ['an order that another prover locked', 'manager', broker('WARN', '[B-OM-009] text'), []],
  ['an input that nobody can fetch', 'manager', broker('WARN', '[B-OP-001] text'), []],
  ['an order that another prover fulfilled', 'manager', broker('WARN', '[B-PRO-502] text'), []],
  ['an error of another code', 'manager', broker('ERROR', '[B-OP-5001] [B-op-500] B-OP-500'), []],
  ['an unexpected error', 'manager', broker('ERROR', '[B-OP-500] text'), ['broker-unexpected']],
  [
    'an unexpected error of the database',
    'manager',
    broker('ERROR', '[B-DB-500] text'),
    ['broker-unexpected', 'broker-database'],
  ],
  ['a code of the broker that another unit logs', 'manager', event('bento-api.service', 'ERROR', '[B-SUP-FAULT]'), []],
  ...documentedLines.map(({ role, unit, line: text, alarms: counting }): (typeof lines)[number] => [
    text.slice(0, 90),
    role,
    line(unit, plain(text)),
    counting as readonly ClusterAlarm[],
  ]),
];

test.each(lines)('%s (%s)', (_, role, one, counting) => {
  const found = groupOf(role).filter(({ pattern }) => takes(pattern, one));
  expect(found.map(({ name }) => short(name)).sort()).toEqual([...counting].sort());
});

/** When each fires: so many lines, within so many minutes. */
const limits: Readonly<Partial<Record<ClusterAlarm, readonly [atLeast: number, minutes: number]>>> = {
  'manager-boot-failures': [1, 15],
  'prover-boot-failures': [2, 15],
  'manager-services-failing': [3, 15],
  'prover-services-failing': [1, 15],
  'manager-agent-errors': [10, 30],
  'prover-agent-errors': [10, 30],
  'prover-gpu-failures': [1, 15],
  'manager-secrets-stale': [3, 180],
  'prover-secrets-stale': [3, 180],
  'gas-low': [1, 360],
  'gas-out': [1, 360],
  'collateral-low': [1, 360],
  'collateral-out': [1, 360],
  'broker-faults': [2, 30],
  'broker-restarts': [5, 15],
  'broker-unexpected': [5, 30],
  'broker-database': [2, 30],
  'broker-expired': [1, 5],
  'broker-late': [4, 60],
  'broker-proving': [2, 60],
  'broker-submission': [3, 60],
  'broker-confirmation': [5, 60],
  'broker-locking': [2, 120],
  'broker-rpc': [5, 15],
  'broker-order-stream': [10, 60],
  'broker-downloads': [5, 15],
  'broker-cancellation': [1, 15],
};

test('these are all alarms that count lines', () => {
  expect(filters.map(({ name }) => short(name)).sort()).toEqual(Object.keys(limits).sort());
  expect(groupOf('manager').length + groupOf('prover').length).toBe(filters.length);
});

describe.each(Object.entries(limits))('%s', (name, [atLeast, minutes]) => {
  const alarm = alarms.find(({ alarm_name }) => alarm_name === clusterAlarm(environment, name as ClusterAlarm))!;
  const [, role, one] = lines.find(([, , , counting]) => counting.includes(name as ClusterAlarm))!;
  const state = (...ago: readonly number[]) =>
    fires(
      alarm,
      counted(
        groupOf(role),
        ago.map((minutesAgo) => ({ line: one, minutesAgo })),
      ),
    );
  const many = (count: number, minutesAgo: number) => Array.from({ length: count }, () => minutesAgo);

  test(`fires at ${atLeast} within ${minutes} minutes: all at once, all at their start, and spread over them`, () => {
    expect(state(...many(atLeast, 0))).toBe(true);
    expect(state(...many(atLeast, minutes - 1))).toBe(true);
    expect(state(...many(atLeast - 1, minutes - 1), 0)).toBe(true);
  });

  test('does not fire below that, after that time, or without a line', () => {
    expect(state(...many(atLeast - 1, 0))).toBe(false);
    expect(state(...many(atLeast, minutes))).toBe(false);
    expect(state(...many(atLeast - 1, 0), minutes)).toBe(false);
    expect(state()).toBe(false);
  });
});

describe('alarms that roll back a refresh', () => {
  const rollback = rollbackAlarms(environment);
  const firing = (role: InstanceRole, ...shipped: Parameters<typeof counted>[1]) =>
    alarms
      .filter(({ alarm_name }) => rollback[role].includes(alarm_name))
      .filter((alarm) => fires(alarm, counted(groupOf(role), shipped)))
      .map(({ alarm_name }) => short(alarm_name));
  const times = (count: number, one: LogLine, minutesAgo = 1) =>
    Array.from({ length: count }, () => ({ line: one, minutesAgo }));

  test('are metric alarms of their own role, 10 at most', () => {
    // Amazon EC2 Auto Scaling API Reference, "AlarmSpecification".
    for (const [role, names] of Object.entries(rollback)) {
      expect(names.length).toBeGreaterThan(0);
      expect(names.length).toBeLessThanOrEqual(10);
      for (const name of names) {
        expect(alarms.map(({ alarm_name }) => alarm_name)).toContain(name);
        expect(short(name)).toMatch(new RegExp(`^${role}-`));
      }
    }
  });

  test.each<[InstanceRole, string, LogLine, number]>([
    ['manager', 'manager-boot-failures', boot, 1],
    ['manager', 'manager-services-failing', failed('bento-broker.service'), 3],
    ['prover', 'prover-boot-failures', boot, 2],
    ['prover', 'prover-services-failing', givenUp('bento-prover@0.service'), 1],
  ])('%s: a bad image fires %s', (role, name, one, count) => {
    expect(firing(role, ...times(count, one))).toEqual([name]);
  });

  test('do not fire while agents of all provers wait for the next manager', () => {
    const agents = ['[BENTO-WF-100] text', '[BENTO-PROVE-002] text'].flatMap((text) =>
      times(400, event('bento-prover@0.service', 'ERROR', text)),
    );
    expect(firing('prover', ...times(400, failed('bento-prover@0.service')), ...agents, ...times(5, xid))).toEqual([]);
  });

  test('do not fire while a manager terminates and some of its services do not stop in time', () => {
    const ending = ['bento-broker.service', 'bento-executor@01.service'].map((unit) =>
      line(unit, `${unit}: Failed with result 'timeout'.`, 'warning'),
    );
    expect(firing('manager', ...ending.flatMap((one) => times(1, one)))).toEqual([]);
  });

  test('do not fire whatever the market does', () => {
    const market = documentedLines
      .filter(({ unit }) => unit === 'bento-broker.service')
      .flatMap(({ unit, line: text }) => times(50, line(unit, plain(text))));
    expect(firing('manager', ...market, ...times(50, broker('ERROR', '[B-BAL-ETH]')))).toEqual([]);
  });

  test('return to OK a quarter of an hour after the last line, so that the next rollout can start', () => {
    for (const role of ['manager', 'prover'] as const)
      for (const one of [boot, failed('bento-api.service'), givenUp('bento-prover@0.service')])
        expect(firing(role, ...times(50, one, 15))).toEqual([]);
  });
});

describe('patterns match what is logged', () => {
  const text = (file: string) => readFileSync(file, 'utf8');

  test('each boot that fails logs it once', () => {
    const messages = [
      ...text('scripts/boot/configure.py')
        .replaceAll('{BOOT_FAILURE}', bootFailure)
        .matchAll(/log\.error\(f?"([^"]*)/g),
    ].map(([, message]) => message!);
    expect(messages.filter((message) => message.startsWith(bootFailure))).toHaveLength(2);
    expect(messages.filter((message) => !message.startsWith(bootFailure))).toEqual([
      'Auto Scaling could not be notified: {problem}',
      'the role works, but Auto Scaling could not be notified: {problem}',
    ]);
    expect(text('service_files/bento-configure.service')).toContain('ExecStart=/usr/local/lib/boundless/configure.py');
  });

  test('lines have the fields that patterns name', () => {
    const fields = new Set(
      filters.flatMap(({ pattern }) => [...pattern.matchAll(/\$\.(\w+)/g)].map(([, name]) => name)),
    );
    for (const field of fields) expect(text('service_files/vector.yaml')).toContain(`"${field}": `);
    expect([...fields].sort()).toEqual(['level', 'message', 'unit']);
  });

  test('an instance that cannot take its secrets has failed as often as its alarm counts, by then', () => {
    const [atLeast, minutes] = limits['prover-secrets-stale']!;
    // The timer looks five to seven minutes after the time has come.
    expect((refreshHours.afterFailure * 60 + 7) * (atLeast - 1)).toBeLessThan(minutes);
    expect(text('service_files/bento-refresh.service')).toContain('ExecStart=/usr/local/lib/boundless/refresh.py');
  });

  test('the constants are these', () => {
    expect(unitFailure.manager).not.toBe(unitFailure.prover);
    expect(text('service_files/bento-prover@.service')).toMatch(/^StartLimitBurst=40$/m);
    expect(agentErrors.prover.every((code) => code.startsWith('[BENTO-'))).toBe(true);
    expect(logMetric('manager-boot-failures')).toBe('ManagerBootFailures');
  });
});
