import { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard';
import { Construct } from 'constructs';
import { scalingGroup, dashboards, gpuMetrics, nodeMetricNamespace, nodeRoles } from '../../config/names';
import { dashboardBody, type Line, type Part } from './widgets';

export interface ClusterDashboardProps {
  readonly environment: string;
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

/**
 * How a cluster does: capacity, refreshes, GPUs. It lives in the cluster's own account, where its metrics are: in the ops
 * account it would take cross-account observability, which somebody has to turn on in each account first.
 */
export class ClusterDashboard extends Construct {
  constructor(scope: Construct, id: string, { environment, region }: ClusterDashboardProps) {
    super(scope, id);
    const rows = [
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
    ];
    new CloudwatchDashboard(this, 'Default', {
      dashboardName: dashboards.cluster(environment),
      dashboardBody: dashboardBody(rows, region),
    });
  }
}
