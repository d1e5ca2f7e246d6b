import { readFileSync } from 'node:fs';
import {
  brokerErrorFamilies,
  clusterAlarm,
  clusterAlarms,
  compositeAlarms,
  rollbackAlarms,
} from '../../../../constructs/cluster/alarms/names';
import { withEverything } from '../../../support/factories';
import { alarmsOf, filtersOf, metricsOf } from '../../../support/cluster-alarms';
import { resourcesOf, resourceWith, stackOf, synthesize, type SynthesizedStack } from '../../../support/synthesized';

const environment = 'staging';
const stack = stackOf(synthesize(), 'prover-cluster-staging');
const alarms = alarmsOf(stack);
const composites = resourcesOf(stack, 'aws_cloudwatch_composite_alarm');
const topic = [expect.stringMatching(/^\$\{aws_sns_topic\.AlarmTopic_[0-9A-F]{8}\.arn\}$/)];
const short = (name: unknown): string => String(name).replace('prover-cluster-staging-', '');

/** Names of alarms behind references to them. */
function referred(owner: SynthesizedStack, text: unknown): string[] {
  return [...String(text).matchAll(/\$\{(aws_cloudwatch_\w+)\.([\w-]+)\.alarm_name\}/g)].map(([, type, address]) =>
    short(owner.resource[type!]?.[address!]?.['alarm_name']),
  );
}

const expected: Readonly<Record<string, readonly string[]>> = {
  'manager-unhealthy': ['no-manager', 'manager-silent', 'manager-boot-failures', 'manager-services-failing'],
  'provers-unhealthy': ['provers-short', 'prover-boot-failures', 'prover-services-failing', 'prover-gpu-failures'],
  'agents-failing': ['manager-agent-errors', 'prover-agent-errors'],
  'work-waiting': ['gpus-idle', 'queue-old'],
  'machines-filling': [
    'manager-disk',
    'manager-data-disk',
    'prover-disk',
    'manager-memory',
    'prover-memory',
    'manager-valkey-memory',
  ],
  'secrets-stale': ['manager-secrets-stale', 'prover-secrets-stale'],
  'broker-unhealthy': brokerErrorFamilies.map((family) => `broker-${family}`),
};
/** Alarms outside of every composite: each notifies by itself, since each asks for an action of its own. */
const alone = ['gas-low', 'gas-out', 'collateral-low', 'collateral-out'];

test('one failure notifies once', () => {
  expect(
    Object.fromEntries(composites.map((one) => [short(one['alarm_name']), referred(stack, one['alarm_rule'])])),
  ).toEqual(expected);
  for (const { alarm_rule } of composites) {
    expect(alarm_rule).toMatch(/^ALARM\("[^"]+"\)( OR ALARM\("[^"]+"\))*$/);
    expect(String(alarm_rule).length).toBeLessThan(10_240);
  }
  const children = Object.values(expected).flat();
  expect(new Set(children).size).toBe(children.length);
  for (const { alarm_name, alarm_actions, ok_actions } of alarms) {
    const own = alone.includes(short(alarm_name)) ? topic : [];
    expect([short(alarm_name), alarm_actions, ok_actions]).toEqual([short(alarm_name), own, own]);
  }
  for (const { alarm_actions, ok_actions } of composites) expect([alarm_actions, ok_actions]).toEqual([topic, topic]);
});

test('a missing manager suppresses the alarms that it explains', () => {
  const suppressed = composites.flatMap(({ alarm_name, actions_suppressor }) =>
    actions_suppressor === undefined ? [] : [[short(alarm_name), actions_suppressor] as const],
  );
  expect(suppressed.map(([name]) => name).sort()).toEqual([
    'agents-failing',
    'broker-unhealthy',
    'provers-unhealthy',
    'work-waiting',
  ]);
  for (const [, suppressor] of suppressed) {
    const { alarm, wait_period, extension_period } = suppressor as Record<string, unknown>;
    expect([referred(stack, alarm), wait_period, extension_period]).toEqual([['manager-unhealthy'], 300, 300]);
  }
});

test('alarms have the names that config/names.ts lists', () => {
  const names = [...clusterAlarms, ...brokerErrorFamilies.map((family) => `broker-${family}` as const)].map((name) =>
    clusterAlarm(environment, name),
  );
  expect(alarms.map(({ alarm_name }) => alarm_name).sort()).toEqual([...names].sort());
  expect(composites.map(({ alarm_name }) => alarm_name).sort()).toEqual(
    compositeAlarms.map((name) => clusterAlarm(environment, name)).sort(),
  );
  // CloudWatch API Reference, "PutMetricAlarm": 255 characters.
  for (const name of [...clusterAlarms, ...compositeAlarms])
    expect(clusterAlarm('e'.repeat(20), name).length).toBeLessThanOrEqual(255);
});

test('alarms and filters stay within the limits of CloudWatch', () => {
  for (const alarm of alarms) {
    // CloudWatch API Reference, "PutMetricAlarm", "MetricDataQuery".
    expect(alarm.alarm_description.length).toBeLessThanOrEqual(1024);
    for (const { period } of metricsOf(alarm)) {
      expect(period % 60).toBe(0);
      expect(period * alarm.evaluation_periods).toBeLessThanOrEqual(86_400);
    }
    expect(Number.isInteger(alarm.evaluation_periods)).toBe(true);
    expect(metricsOf(alarm).length).toBeLessThanOrEqual(10);
    for (const { id } of alarm.metric_query ?? []) expect(id).toMatch(/^[a-z][a-zA-Z0-9_]*$/);
    expect((alarm.metric_query ?? []).filter((query) => 'return_data' in query).length).toBe(
      alarm.metric_query === undefined ? 0 : 1,
    );
  }
  const filters = filtersOf(stack);
  for (const { name, pattern } of filters) {
    // CloudWatch Logs API Reference, "PutMetricFilter".
    expect(name).toMatch(/^[^:*]{1,512}$/);
    expect(pattern.length).toBeLessThanOrEqual(1024);
  }
  for (const group of new Set(filters.map(({ log_group_name }) => log_group_name))) {
    const own = filters.filter(({ log_group_name }) => log_group_name === group);
    expect(own.length).toBeLessThanOrEqual(100);
    expect(own.filter(({ pattern }) => pattern.includes('%')).length).toBeLessThanOrEqual(5);
  }
});

test('missing data is good news; an alarm on missing data fills it in its own expression', () => {
  expect(new Set(alarms.map(({ treat_missing_data }) => treat_missing_data))).toEqual(new Set(['notBreaching']));
});

test('the addresses of the environment are notified, by a topic that only alarms of the account may publish to', () => {
  const everything = stackOf(synthesize({ factory: withEverything() }), 'prover-cluster-staging');
  expect(resourcesOf(everything, 'aws_sns_topic_subscription')).toMatchObject([
    { protocol: 'email', endpoint: 'ops@example.com', topic_arn: topic[0] as unknown },
  ]);
  const found = resourceWith(stack, 'aws_sns_topic', 'name', 'prover-cluster-staging-alarms');
  expect(found['kms_master_key_id']).toBe('${data.aws_kms_key.ClusterKey.arn}');
  const [policy] = resourcesOf(stack, 'aws_sns_topic_policy');
  const { Statement } = JSON.parse(String(policy?.['policy'])) as { Statement: Record<string, unknown>[] };
  expect(Statement.filter(({ Effect }) => Effect === 'Allow')).toMatchObject([
    {
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': '222222222222' } },
      Action: 'sns:Publish',
    },
  ]);
});

test('alarms and groups know each other by name alone', () => {
  const text = JSON.stringify([alarms, composites]);
  expect(text).not.toContain('aws_autoscaling_group');
  expect(text).toContain('prover-cluster-staging-manager');
  for (const name of Object.values(rollbackAlarms(environment)).flat()) expect(name).not.toContain('${');
});

test('the documentation has every alarm, and every alarm that speaks names its section', () => {
  const page = readFileSync('docs/cluster-alarms.md', 'utf8');
  for (const { alarm_name } of [...alarms, ...composites]) expect(page).toContain(`\`${short(alarm_name)}\``);
  for (const { alarm_name, alarm_description } of [
    ...composites,
    ...alarms.filter(({ alarm_name: name }) => alone.includes(short(name)) && name.includes(environment)),
  ]) {
    const section = /docs\/cluster-alarms\.md, "([^"]+)"\.$/.exec(String(alarm_description))?.[1];
    expect([alarm_name, page.includes(`\n## ${section ?? '(none)'}\n`)]).toEqual([alarm_name, true]);
  }
});
