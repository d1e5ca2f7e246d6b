import { isScaling } from '../../../support/cluster-alarms';
import {
  scalingGroup,
  deadLetterQueue,
  functions,
  gpuMetrics,
  imageKinds,
  instanceMetrics,
  instanceRoles,
  queueMetrics,
  valkeyMetrics,
} from '../../../../config/names';
import { brokerErrorFamilies, logMetric } from '../../../../constructs/cluster/alarms/names';
import { functionMetrics, imageMetrics } from '../../../../config/metrics';
import { resourcesOf, stackOf, synthesize } from '../../../support/synthesized';

const stacks = synthesize();

/** CloudWatch API Reference, "Dashboard Body Structure and Syntax". */
interface Widget {
  readonly type: 'metric' | 'text' | 'alarm';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly region?: string;
    readonly title?: string;
    readonly markdown?: string;
    readonly alarms?: readonly string[];
    readonly period?: number;
    readonly metrics?: readonly (readonly (string | { readonly label: string; readonly stat: string })[])[];
  };
}

function widgetsOf(stack: string): { readonly name: string; readonly widgets: readonly Widget[] } {
  const [dashboard, ...others] = resourcesOf(stackOf(stacks, stack), 'aws_cloudwatch_dashboard');
  expect(others).toEqual([]);
  const { widgets } = JSON.parse(String(dashboard?.['dashboard_body'])) as { widgets: readonly Widget[] };
  return { name: String(dashboard?.['dashboard_name']), widgets };
}

/** `namespace metric dimension=value ...` of every metric that there is. */
const contract = new Set<string>([
  ...Object.entries(functionMetrics).flatMap(([service, names]) =>
    names.map((name) => `BoundlessAmiFactory ${name} service=${service}`),
  ),
  ...Object.entries(imageMetrics).flatMap(([service, names]) =>
    names.flatMap((name) => imageKinds.map((kind) => `BoundlessAmiFactory ${name} service=${service} Image=${kind}`)),
  ),
  // Amazon SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS".
  ...Object.values(functions).map(
    (name) => `AWS/SQS ApproximateNumberOfMessagesVisible QueueName=${deadLetterQueue(name)}`,
  ),
  // Amazon EC2 Auto Scaling User Guide, "Amazon CloudWatch metrics for Amazon EC2 Auto Scaling".
  ...['staging', 'production'].flatMap((environment) =>
    instanceRoles.flatMap((role) =>
      ['GroupDesiredCapacity', 'GroupInServiceInstances', 'GroupPendingInstances', 'GroupTerminatingInstances'].map(
        (name) => `AWS/AutoScaling ${name} AutoScalingGroupName=${scalingGroup(environment, role)}`,
      ),
    ),
  ),
  ...['staging', 'production'].flatMap((environment) => [
    ...gpuMetrics.map((name) => `BoundlessProverCluster ${name} Environment=${environment} Role=prover`),
    ...[...queueMetrics, ...valkeyMetrics].map(
      (name) => `BoundlessProverCluster ${name} Environment=${environment} Role=manager`,
    ),
    ...instanceRoles.flatMap((role) => {
      const dimensions = `Environment=${environment} Role=${role}`;
      const mountpoints = role === 'manager' ? ['/', '/var/lib/bento'] : ['/'];
      return instanceMetrics.flatMap((name) =>
        name === 'FilesystemUsed'
          ? mountpoints.map((mountpoint) => `BoundlessProverCluster ${name} ${dimensions} Mountpoint=${mountpoint}`)
          : [`BoundlessProverCluster ${name} ${dimensions}`],
      );
    }),
  ]),
  // What is counted in logs.
  ...brokerErrorFamilies.map((family) => `BoundlessProverCluster ${logMetric(`broker-${family}`)}`),
  ...['BootFailures', 'ServicesFailing', 'AgentErrors'].flatMap((what) =>
    ['Manager', 'Prover'].map((role) => `BoundlessProverCluster ${role}${what}`),
  ),
  'BoundlessProverCluster ProverGpuFailures',
  'BoundlessProverCluster ManagerSecretsStale',
  'BoundlessProverCluster ProverSecretsStale',
]);

function metricsOf(widgets: readonly Widget[]): string[] {
  return widgets.flatMap(({ properties: { metrics = [] } }) =>
    metrics.map((metric) => {
      const [namespace, name, ...dimensions] = metric.filter((part) => typeof part === 'string');
      const pairs = dimensions.flatMap((part, index) =>
        index % 2 === 0 ? [`${part}=${dimensions[index + 1] ?? ''}`] : [],
      );
      return [namespace, name, ...pairs].join(' ');
    }),
  );
}

describe.each([
  ['ops', 'boundless-ami-factory'],
  ['prover-cluster-staging', 'prover-cluster-staging'],
  ['prover-cluster-production', 'prover-cluster-production'],
])('the dashboard of %s', (stack, expectedName) => {
  const { name, widgets } = widgetsOf(stack);

  test('has its name and at most 500 widgets', () => {
    expect(name).toBe(expectedName);
    expect(widgets.length).toBeGreaterThan(0);
    expect(widgets.length).toBeLessThanOrEqual(500);
  });

  test('fits the grid, and no widget lies over another', () => {
    const taken = new Set<string>();
    for (const { x, y, width, height } of widgets) {
      for (const number of [x, y, width, height]) expect(Number.isInteger(number)).toBe(true);
      expect(width).toBeGreaterThanOrEqual(1);
      expect(height).toBeGreaterThanOrEqual(1);
      expect(height).toBeLessThanOrEqual(1000);
      expect(x + width).toBeLessThanOrEqual(24);
      for (let column = x; column < x + width; column += 1)
        for (let row = y; row < y + height; row += 1) {
          expect(taken.has(`${column},${row}`)).toBe(false);
          taken.add(`${column},${row}`);
        }
    }
  });

  test('shows only metrics that there are, in its region, with a label and a statistic', () => {
    for (const metric of metricsOf(widgets)) expect([metric, contract.has(metric)]).toEqual([metric, true]);
    for (const { type, properties } of widgets) {
      if (type !== 'metric') continue;
      expect(properties).toMatchObject({ region: 'us-west-2', title: expect.stringMatching(/./) as unknown });
      expect([300, 3600, 86_400]).toContain(properties.period);
      for (const metric of properties.metrics ?? [])
        expect(metric.at(-1)).toMatchObject({
          label: expect.stringMatching(/./) as unknown,
          stat: expect.stringMatching(/./) as unknown,
        });
    }
  });
});

test('the factory shows what the delivery promises', () => {
  const shown = metricsOf(widgetsOf('ops').widgets);
  for (const metric of [
    'BuildSeconds service=boundless-notices Image=prover',
    'BuildSucceeded service=boundless-notices Image=manager',
    'ShareSeconds service=packer-ami-sharing',
    'ValidatedImageAgeDays service=packer-ami-sharing Image=prover',
    `ImagesRetained service=${functions.cleanup}`,
    `ImagesReclaimed service=${functions.cleanup}`,
  ])
    expect(shown).toContain(`BoundlessAmiFactory ${metric}`);
});

test.each(['staging', 'production'])('the cluster of %s shows what it is watched by', (environment) => {
  const shown = metricsOf(widgetsOf(`prover-cluster-${environment}`).widgets);
  const of = (role: string) => `Environment=${environment} Role=${role}`;
  for (const metric of [
    `QueuedTasks ${of('manager')}`,
    `QueueAgeSeconds ${of('manager')}`,
    `FilesystemUsed ${of('manager')} Mountpoint=/var/lib/bento`,
    `MemoryAvailable ${of('prover')}`,
    `GpuUtilization ${of('prover')}`,
    'ManagerBootFailures',
    'ProverBootFailures',
    'BrokerUnexpected',
    'ProverGpuFailures',
  ])
    expect(shown).toContain(`BoundlessProverCluster ${metric}`);
});

/** Some alarms of a cluster belong to its account's stack. */
const alarmStacks = (name: string) =>
  [name, name.replace('prover-cluster-', '')]
    .filter((one, index, all) => all.indexOf(one) === index)
    .map((one) => stackOf(stacks, one));

test.each([
  ['ops', '111111111111'],
  ['prover-cluster-staging', '222222222222'],
  ['prover-cluster-production', '333333333333'],
])('the dashboard of %s names exactly the alarms that speak', (name, account) => {
  const speaking = ['aws_cloudwatch_metric_alarm', 'aws_cloudwatch_composite_alarm']
    .flatMap((type) => alarmStacks(name).flatMap((stack) => resourcesOf(stack, type)))
    .filter(
      ({ alarm_actions, alarm_name }) => (alarm_actions as unknown[]).length > 0 && !isScaling(String(alarm_name)),
    )
    .map(({ alarm_name }) => `arn:aws:cloudwatch:us-west-2:${account}:alarm:${String(alarm_name)}`);
  const shown = widgetsOf(name).widgets.flatMap(({ properties: { alarms = [] } }) => alarms);
  expect([...shown].sort()).toEqual(speaking.sort());
});
