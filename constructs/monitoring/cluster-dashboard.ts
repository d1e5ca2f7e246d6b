import { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard';
import { Construct } from 'constructs';
import {
  arns,
  brokerErrorFamilies,
  clusterAlarm,
  clusterFunctions,
  clusterVoices,
  dashboards,
  dataMountpoint,
  gpuMetrics,
  logMetric,
  nodeMetricNamespace,
  nodeRoles,
  scalingGroup,
  type ClusterAlarm,
  type NodeRole,
} from '../../config/names';
import { dashboardBody, type Line, type Part } from './widgets';

export interface ClusterDashboardProps {
  readonly environment: string;
  readonly accountId: string;
  readonly region: string;
}

const graph = (title: string, unit: string, lines: readonly Line[]): Part => ({
  kind: 'graph',
  graph: { title, unit, periodSeconds: 300, lines },
});

/** Group metrics of Auto Scaling, which the groups must have on. A refresh shows as machines that come and go. */
const ofGroups = (environment: string, metrics: Readonly<Record<string, string>>): Line[] =>
  nodeRoles.flatMap((role) =>
    Object.entries(metrics).map(([metric, label]) => ({
      namespace: 'AWS/AutoScaling',
      metric,
      dimensions: { AutoScalingGroupName: scalingGroup(environment, role) },
      label: `${role}, ${label}`,
      stat: 'Maximum',
    })),
  );

const ofNodes = (
  environment: string,
  role: NodeRole,
  metric: string,
  label: string,
  stat: 'Minimum' | 'Maximum',
  mountpoint?: string,
): Line => ({
  namespace: nodeMetricNamespace,
  metric,
  dimensions: { Environment: environment, Role: role, ...(mountpoint !== undefined && { Mountpoint: mountpoint }) },
  label,
  stat,
});

/** Lines of the logs that alarms count; there is a metric only while there are such lines. */
const counted = (alarm: ClusterAlarm): Line => ({
  namespace: nodeMetricNamespace,
  metric: logMetric(alarm),
  dimensions: {},
  label: alarm.replaceAll('-', ' '),
  stat: 'Sum',
});

/** Alarms that speak, and not those that others speak for. */
const speaking: readonly ClusterAlarm[] = [...clusterVoices, 'gas-low', 'gas-out', 'collateral-low', 'collateral-out'];

/**
 * How a cluster does: alarms, capacity, refreshes, GPUs, work, machines, failures. It lives in the cluster's own account,
 * where its metrics are: in the ops account it would take cross-account observability, which somebody has to turn on in
 * each account first.
 */
export class ClusterDashboard extends Construct {
  constructor(scope: Construct, id: string, { environment, accountId, region }: ClusterDashboardProps) {
    super(scope, id);
    const rows: readonly (readonly Part[])[] = [
      [
        {
          kind: 'alarms',
          title: 'Alarms',
          alarmArns: [
            ...speaking.map((alarm) => clusterAlarm(environment, alarm)),
            `${clusterFunctions.storageKeys}-errors`,
          ].map((alarm) => arns.alarm(accountId, region, alarm)),
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
              namespace: nodeMetricNamespace,
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
          ofNodes(environment, 'manager', 'QueuedTasks', 'waiting', 'Maximum'),
          ofNodes(environment, 'manager', 'RunningTasks', 'worked on', 'Maximum'),
        ]),
        graph('Age of the oldest task that waits', 'seconds', [
          ofNodes(environment, 'manager', 'QueueAgeSeconds', 'age', 'Maximum'),
        ]),
        graph(
          'Broker errors',
          'lines',
          brokerErrorFamilies.map((family) => counted(`broker-${family}`)),
        ),
      ],
      [
        graph('Disks, the fullest, and Valkey', 'part', [
          ofNodes(environment, 'manager', 'FilesystemUsed', 'manager', 'Maximum', '/'),
          ofNodes(environment, 'manager', 'FilesystemUsed', 'manager, data', 'Maximum', dataMountpoint),
          ofNodes(environment, 'prover', 'FilesystemUsed', 'prover', 'Maximum', '/'),
          ofNodes(environment, 'manager', 'ValkeyMemoryUsed', "manager, Valkey's memory", 'Maximum'),
        ]),
        graph(
          'Memory left, the least',
          'bytes',
          nodeRoles.map((role) => ofNodes(environment, role, 'MemoryAvailable', role, 'Minimum')),
        ),
        graph('Machines that fail', 'lines', [
          ...nodeRoles.map((role) => counted(`${role}-boot-failures`)),
          ...nodeRoles.map((role) => counted(`${role}-services-failing`)),
          ...nodeRoles.map((role) => counted(`${role}-agent-errors`)),
          counted('prover-gpu-failures'),
          ...nodeRoles.map((role) => counted(`${role}-secrets-stale`)),
        ]),
      ],
    ];
    new CloudwatchDashboard(this, 'Default', {
      dashboardName: dashboards.cluster(environment),
      dashboardBody: dashboardBody(rows, region),
    });
  }
}
