import { functions } from '../../../../config/names';
import { functionMetrics, imageMetrics } from '../../../../config/metrics';
import { resourceWith, resourcesOf, stackOf, synthesize } from '../../../support/synthesized';

const ops = stackOf(synthesize(), 'ops');
const metricAlarms = resourcesOf(ops, 'aws_cloudwatch_metric_alarm');
const composites = resourcesOf(ops, 'aws_cloudwatch_composite_alarm');
const alarmTopic = [expect.stringMatching(/^\$\{aws_sns_topic\.Alarms_[0-9A-F]{8}\.arn\}$/)];

interface MetricAlarm {
  readonly alarm_name: string;
  readonly namespace: string;
  readonly metric_name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: 'Sum' | 'Minimum' | 'Maximum' | 'SampleCount';
  readonly threshold: number;
  readonly comparison_operator: 'GreaterThanThreshold' | 'LessThanThreshold';
  readonly treat_missing_data: 'notBreaching' | 'breaching' | 'ignore';
}
const alarms = metricAlarms as unknown as readonly MetricAlarm[];

/** The names of the child alarms of a composite alarm. */
const childrenOf = (name: string): string[] =>
  [
    ...String(resourceWith(ops, 'aws_cloudwatch_composite_alarm', 'alarm_name', name)['alarm_rule']).matchAll(
      /ALARM\("\$\{aws_cloudwatch_metric_alarm\.([\w-]+)\.alarm_name\}"\)/g,
    ),
  ].map(([, address]) => String(ops.resource['aws_cloudwatch_metric_alarm']?.[address!]?.['alarm_name']));

/** What one period of a metric has measured, as CloudWatch evaluates it (CloudWatch User Guide, "Alarm evaluation"). */
function fires(
  { statistic, threshold, comparison_operator, treat_missing_data }: MetricAlarm,
  values: readonly number[],
) {
  if (values.length === 0) {
    if (statistic === 'SampleCount' || treat_missing_data !== 'ignore') return treat_missing_data === 'breaching';
    return false;
  }
  const value = {
    Sum: values.reduce((sum, next) => sum + next, 0),
    Maximum: Math.max(...values),
    Minimum: Math.min(...values),
    SampleCount: values.length,
  }[statistic];
  return comparison_operator === 'GreaterThanThreshold' ? value > threshold : value < threshold;
}

const sharing = { service: 'packer-ami-sharing' };
const notices = { service: 'boundless-notices' };
const factory = 'BoundlessAmiFactory';
const packer = { ProjectName: 'packer-build-project' };

/** What notifies people: each failure, the metric that shows it, its alarm, and the composite alarm that notifies, if any. */
const failures: readonly [
  failure: string,
  where: readonly [namespace: string, metric: string, dimensions: Record<string, string>],
  bad: readonly number[],
  good: readonly number[],
  alarm: string,
  composite: string,
][] = [
  [
    'a build fails',
    ['AWS/CodeBuild', 'FailedBuilds', packer],
    [1],
    [0],
    'packer-build-project-failed',
    'packer-build-project-unhealthy',
  ],
  [
    'a build takes long',
    ['AWS/CodeBuild', 'Duration', packer],
    [600, 7201],
    [600, 7200],
    'packer-build-project-long',
    'packer-build-project-unhealthy',
  ],
  [
    'sharing fails',
    ['AWS/Lambda', 'Errors', { FunctionName: 'packer-ami-sharing' }],
    [1],
    [0, 0],
    'packer-ami-sharing-errors',
    'packer-ami-sharing-unhealthy',
  ],
  [
    'an event of sharing is given up',
    ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: 'packer-ami-sharing-dead-letters' }],
    [1],
    [0],
    'packer-ami-sharing-dead-letters-not-empty',
    'packer-ami-sharing-unhealthy',
  ],
  [
    'sharing is late',
    [factory, 'ShareSeconds', sharing],
    [1801],
    [1800],
    'packer-ami-sharing-late',
    'packer-ami-sharing-unhealthy',
  ],
  ['an image was public', [factory, 'PublicImages', sharing], [1], [0], 'packer-ami-sharing-public-images', ''],
  [
    'instances could not start',
    [factory, 'LaunchProblems', sharing],
    [2],
    [0],
    'packer-ami-sharing-launch-problems',
    '',
  ],
  [
    'reconcile runs never come to the oldest image',
    [factory, 'ImagesLeft', sharing],
    [2500, 40],
    [2500, 0],
    'packer-ami-sharing-behind',
    '',
  ],
  ['nobody reconciles', [factory, 'DriftFound', sharing], [], [0], 'packer-ami-sharing-silent', ''],
  [
    'notices fail',
    ['AWS/Lambda', 'Errors', { FunctionName: 'boundless-notices' }],
    [1],
    [0],
    'boundless-notices-errors',
    'boundless-notices-unhealthy',
  ],
  [
    'a notice is given up',
    ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: 'boundless-notices-dead-letters' }],
    [3],
    [0],
    'boundless-notices-dead-letters-not-empty',
    'boundless-notices-unhealthy',
  ],
  [
    'notices wait in their queue',
    ['AWS/SQS', 'ApproximateAgeOfOldestMessage', { QueueName: 'boundless-notices-events' }],
    [901],
    [0, 900],
    'boundless-notices-events-late',
    'boundless-notices-unhealthy',
  ],
  [
    'nobody looks for approvals',
    [factory, 'ApprovalHours', notices],
    [],
    [0, 25],
    'boundless-notices-silent',
    'boundless-notices-unhealthy',
  ],
  ['an approval waits', [factory, 'ApprovalHours', notices], [7, 8.5], [8], 'prover-cluster-approval-stuck', ''],
  [
    'cleaning up fails',
    [factory, 'CleanupFailures', { service: 'packer-ami-cleanup' }],
    [1],
    [0],
    'packer-ami-cleanup-failures',
    'packer-ami-cleanup-unhealthy',
  ],
  [
    'cleaning up fails before it measures',
    ['AWS/Lambda', 'Errors', { FunctionName: 'packer-ami-cleanup' }],
    [1],
    [0],
    'packer-ami-cleanup-errors',
    'packer-ami-cleanup-unhealthy',
  ],
  [
    'a run of the retirement is given up',
    ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: 'packer-ami-cleanup-dead-letters' }],
    [1],
    [0],
    'packer-ami-cleanup-dead-letters-not-empty',
    'packer-ami-cleanup-unhealthy',
  ],
  [
    'nothing retires images',
    [factory, 'ImagesRetained', { service: 'packer-ami-cleanup' }],
    [],
    [0, 12],
    'packer-ami-cleanup-silent',
    'packer-ami-cleanup-unhealthy',
  ],
  [
    'the manager image is old',
    [factory, 'ValidatedImageAgeDays', { ...sharing, Image: 'manager' }],
    [31.1, 30.1],
    [31, 30],
    'boundless-manager-image-stale',
    'boundless-images-stale',
  ],
  [
    'no prover image is validated that is still there',
    [factory, 'ValidatedImageAgeDays', { ...sharing, Image: 'prover' }],
    [],
    [1],
    'boundless-prover-image-stale',
    'boundless-images-stale',
  ],
];

describe.each(failures)('%s', (_, [namespace, metric, dimensions], bad, good, alarm, composite) => {
  const same = (found: Readonly<Record<string, string>>) =>
    Object.entries(dimensions).every(
      ([name, value]) =>
        found[name] === value || (name === 'QueueName' && String(found[name]).startsWith('${aws_sqs_queue')),
    ) && Object.keys(found).length === Object.keys(dimensions).length;
  const watching = alarms
    .filter(
      ({ namespace: its, metric_name, dimensions: of }) => its === namespace && metric_name === metric && same(of),
    )
    .filter(({ alarm_name }) => namespace !== 'AWS/SQS' || alarm_name === alarm);

  test(`fires ${alarm}, and no other`, () => {
    expect(watching.filter((candidate) => fires(candidate, bad)).map(({ alarm_name }) => alarm_name)).toEqual([alarm]);
  });

  test('fires nothing where there is none', () => {
    const itself = watching.filter(({ alarm_name }) => alarm_name === alarm);
    expect(itself).toHaveLength(1);
    expect(itself.filter((candidate) => fires(candidate, good))).toEqual([]);
  });

  test(composite === '' ? 'notifies by itself' : `notifies as ${composite}, once`, () => {
    const { alarm_actions, ok_actions } = resourceWith(ops, 'aws_cloudwatch_metric_alarm', 'alarm_name', alarm);
    const own = composite === '' ? alarmTopic : [];
    expect([alarm_actions, ok_actions]).toEqual([own, own]);
    const parents = composites
      .map(({ alarm_name }) => String(alarm_name))
      .filter((name) => childrenOf(name).includes(alarm));
    expect(parents).toEqual(composite === '' ? [] : [composite]);
  });
});

test('there is no alarm that the table does not know', () => {
  expect(alarms.map(({ alarm_name }) => alarm_name).sort()).toEqual(failures.map((row) => row[4]).sort());
  expect(composites.map(({ alarm_name }) => alarm_name).sort()).toEqual(
    [...new Set(failures.map((row) => row[5]).filter((name) => name !== ''))].sort(),
  );
  for (const { alarm_actions, ok_actions } of composites)
    expect([alarm_actions, ok_actions]).toEqual([alarmTopic, alarmTopic]);
});

/** What missing data means, and why; a new alarm has to decide. */
test('missing data is good news, bad news or no news, on purpose', () => {
  const by = (treatment: string) =>
    alarms
      .filter(({ treat_missing_data }) => treat_missing_data === treatment)
      .map(({ alarm_name }) => alarm_name)
      .sort();
  // Measured by schedules: no value means that the schedule stands still, or that there is no image to measure.
  expect(by('breaching')).toEqual([
    'boundless-manager-image-stale',
    'boundless-notices-silent',
    'boundless-prover-image-stale',
    'packer-ami-cleanup-silent',
    'packer-ami-sharing-silent',
  ]);
  // What was true stays true without a further look; an alarm of its own fires where no one looks.
  expect(by('ignore')).toEqual(['prover-cluster-approval-stuck']);
  // Everything else is measured when it happens.
  expect(by('notBreaching')).toHaveLength(alarms.length - 6);
});

test('alarms watch what functions really measure', () => {
  for (const { namespace, metric_name, dimensions } of alarms.filter((alarm) => alarm.namespace === factory)) {
    const names: readonly string[] =
      dimensions['Image'] === undefined
        ? functionMetrics[dimensions['service'] as keyof typeof functionMetrics]
        : imageMetrics[dimensions['service'] as keyof typeof imageMetrics];
    expect([namespace, names.includes(metric_name), metric_name]).toEqual([factory, true, metric_name]);
  }
  expect(Object.keys(imageMetrics)).toEqual([functions.sharing, functions.notices]);
});

test('every alarm that notifies names where to look and what to do', () => {
  for (const { alarm_description } of [
    ...composites,
    ...metricAlarms.filter(({ alarm_actions }) => (alarm_actions as unknown[]).length > 0),
  ])
    expect(alarm_description).toMatch(/docs\/monitoring\.md|make preflight|CloudTrail/);
});
