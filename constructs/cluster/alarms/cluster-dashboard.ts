import { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard';
import { Construct } from 'constructs';
import { instanceDimensions, paths } from '../../../config/contract';
import {
  clusterFunctions,
  dashboards,
  gpuMetrics,
  instanceMetricNamespace,
  instanceRoles,
  scalingGroup,
  type InstanceRole,
} from '../../../config/names';
import { brokerErrorFamilies, clusterAlarm, compositeAlarms, logMetric, type ClusterAlarm } from './names';
import { dashboardBody, type Line, type Part } from '../../base/widgets';
import { AccountStack } from '../../base/account-stack';

const graph = (title: string, unit: string, lines: readonly Line[]): Part => ({
  kind: 'graph',
  graph: { title, unit, periodSeconds: 300, lines },
});

/** Group metrics of Auto Scaling, which the groups must have on. A refresh shows as instances that come and go. */
const ofGroups = (environment: string, metrics: Readonly<Record<string, string>>): Line[] =>
  instanceRoles.flatMap((role) =>
    Object.entries(metrics).map(([metric, label]) => ({
      namespace: 'AWS/AutoScaling',
      metric,
      dimensions: { AutoScalingGroupName: scalingGroup(environment, role) },
      label: `${role}, ${label}`,
      stat: 'Maximum',
    })),
  );

const ofInstances = (
  environment: string,
  role: InstanceRole,
  metric: string,
  label: string,
  stat: 'Minimum' | 'Maximum',
  mountpoint?: string,
): Line => ({
  namespace: instanceMetricNamespace,
  metric,
  dimensions: instanceDimensions(environment, role, mountpoint),
  label,
  stat,
});

/** Lines of the logs that alarms count; there is a metric only while there are such lines. */
const counted = (alarm: ClusterAlarm): Line => ({
  namespace: instanceMetricNamespace,
  metric: logMetric(alarm),
  dimensions: {},
  label: alarm.replaceAll('-', ' '),
  stat: 'Sum',
});

/** Alarms that speak, and not those that others speak for. */
const notifying: readonly ClusterAlarm[] = [
  ...compositeAlarms,
  'gas-low',
  'gas-out',
  'collateral-low',
  'collateral-out',
];

/**
 * How a cluster does: alarms, capacity, refreshes, GPUs, work, instances, failures. It lives in the cluster's own account,
 * where its metrics are: in the ops account it would take cross-account observability, which an operator has to turn on in
 * each account first.
 */
export class ClusterDashboard extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const { environment, region } = account;
    const rows: readonly (readonly Part[])[] = [
      [
        {
          kind: 'alarms',
          title: 'Alarms',
          alarmArns: [
            ...notifying.map((alarm) => clusterAlarm(environment, alarm)),
            `${clusterFunctions.storageKeys}-errors`,
          ].map((alarm) => account.alarm(alarm)),
        },
      ],
      [
        graph(
          'Capacity',
          'instances',
          ofGroups(environment, { GroupDesiredCapacity: 'wanted', GroupInServiceInstances: 'in service' }),
        ),
        graph(
          'Refreshes',
          'instances',
          ofGroups(environment, { GroupPendingInstances: 'starting', GroupTerminatingInstances: 'ending' }),
        ),
        graph(
          'GPUs of the provers',
          'percent',
          gpuMetrics.flatMap((metric) =>
            (['Average', 'Maximum'] as const).map((stat) => ({
              namespace: instanceMetricNamespace,
              metric,
              dimensions: { Environment: environment, Role: 'prover' },
              label: `${metric}, ${stat.toLowerCase()}`,
              stat,
            })),
          ),
        ),
      ],
      [
        graph('Tasks', 'tasks', [
          ofInstances(environment, 'manager', 'QueuedTasks', 'waiting', 'Maximum'),
          ofInstances(environment, 'manager', 'RunningTasks', 'worked on', 'Maximum'),
        ]),
        graph('Age of the oldest task that waits', 'seconds', [
          ofInstances(environment, 'manager', 'QueueAgeSeconds', 'age', 'Maximum'),
        ]),
        graph(
          'Broker errors',
          'lines',
          brokerErrorFamilies.map((family) => counted(`broker-${family}`)),
        ),
      ],
      [
        graph('Disks, the fullest, and Valkey', 'part', [
          ofInstances(environment, 'manager', 'FilesystemUsed', 'manager', 'Maximum', '/'),
          ofInstances(environment, 'manager', 'FilesystemUsed', 'manager, data', 'Maximum', paths.data),
          ofInstances(environment, 'prover', 'FilesystemUsed', 'prover', 'Maximum', '/'),
          ofInstances(environment, 'manager', 'ValkeyMemoryUsed', "manager, Valkey's memory", 'Maximum'),
        ]),
        graph(
          'Memory left, the least',
          'bytes',
          instanceRoles.map((role) => ofInstances(environment, role, 'MemoryAvailable', role, 'Minimum')),
        ),
        graph('Instances that fail', 'lines', [
          ...instanceRoles.map((role) => counted(`${role}-boot-failures`)),
          ...instanceRoles.map((role) => counted(`${role}-services-failing`)),
          ...instanceRoles.map((role) => counted(`${role}-agent-errors`)),
          counted('prover-gpu-failures'),
          ...instanceRoles.map((role) => counted(`${role}-secrets-stale`)),
        ]),
      ],
    ];
    new CloudwatchDashboard(this, 'Default', {
      dashboardName: dashboards.cluster(environment),
      dashboardBody: dashboardBody(rows, region),
    });
  }
}
