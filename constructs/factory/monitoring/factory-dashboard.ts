import { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard';
import { Construct } from 'constructs';
import {
  codeBuildProjects,
  dashboards,
  deadLetterQueue,
  functions,
  imageKinds,
  imageOfRole,
  instanceRoles,
  type ImageKind,
} from '../../../config/names';
import { metricNamespace } from '../../../config/metrics';
import { dashboardBody, type Line, type Part } from '../../base/widgets';
import { AccountStack } from '../../base/account-stack';

export interface FactoryDashboardProps {
  /** Environments whose clusters have dashboards of their own. */
  readonly environments: readonly string[];
}

const hour = 3600;
const day = 24 * hour;

const measured = (service: string, metric: string, stat: Line['stat'], label = metric): Line => ({
  namespace: metricNamespace,
  metric,
  dimensions: { service },
  label,
  stat,
});

const perImage = (
  service: string,
  metric: string,
  stat: Line['stat'],
  kinds: readonly ImageKind[] = imageKinds,
  label = (kind: ImageKind): string => kind,
): Line[] =>
  kinds.map((Image) => ({
    namespace: metricNamespace,
    metric,
    dimensions: { service, Image },
    label: label(Image),
    stat,
  }));

const graph = (title: string, unit: string, periodSeconds: number, lines: readonly Line[]): Part => ({
  kind: 'graph',
  graph: { title, unit, periodSeconds, lines },
});

/** The alarms that speak, and not those that others speak for. */
const alarmNames = [
  `${codeBuildProjects.packer}-unhealthy`,
  `${functions.sharing}-unhealthy`,
  `${functions.sharing}-behind`,
  `${functions.sharing}-public-images`,
  `${functions.sharing}-launch-problems`,
  `${functions.sharing}-silent`,
  'boundless-images-stale',
  'prover-cluster-approval-stuck',
  `${functions.cleanup}-unhealthy`,
  `${functions.notices}-unhealthy`,
];

/** How the factory does: alarms, builds, sharing, ages of images, retirement, approvals. Clusters have their own. */
export class FactoryDashboard extends Construct {
  constructor(scope: Construct, id: string, { environments }: FactoryDashboardProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const { region } = account;
    const usedKinds = instanceRoles.map((role) => imageOfRole[role]);
    const clusters = environments.slice(0, 20).map((environment) => `\`${dashboards.cluster(environment)}\``);
    const rows: readonly (readonly Part[])[] = [
      [
        {
          kind: 'text',
          height: 2,
          markdown: `What each alarm means, and what to do: docs/monitoring.md. Clusters have dashboards in their own accounts: ${clusters.join(', ')}.`,
        },
      ],
      [
        {
          kind: 'alarms',
          title: 'Alarms',
          alarmArns: alarmNames.map((name) => account.alarm(name)),
        },
      ],
      [
        graph('Build time', 'seconds', day, perImage(functions.notices, 'BuildSeconds', 'Maximum')),
        graph(
          'Builds that succeeded',
          'share, 1 is all',
          day,
          perImage(functions.notices, 'BuildSucceeded', 'Average'),
        ),
        graph('Images that were baked already', 'builds', day, perImage(functions.notices, 'ImageReused', 'Sum')),
      ],
      [
        graph('From the end of a build to the end of sharing', 'seconds', hour, [
          measured(functions.sharing, 'ShareSeconds', 'Maximum', 'longest'),
          measured(functions.sharing, 'ShareSeconds', 'Average', 'average'),
        ]),
        graph('Age of the newest image', 'days', hour, [
          ...perImage(functions.sharing, 'ValidatedImageAgeDays', 'Maximum', usedKinds, (kind) => `${kind}, validated`),
          ...perImage(functions.sharing, 'LatestImageAgeDays', 'Maximum', imageKinds, (kind) => `${kind}, latest`),
        ]),
        graph('Failures of sharing, and drift', 'count', hour, [
          measured(functions.sharing, 'AccountsFailed', 'Sum'),
          measured(functions.sharing, 'Failures', 'Sum'),
          measured(functions.sharing, 'DriftFound', 'Sum'),
          measured(functions.sharing, 'DriftRepaired', 'Sum'),
        ]),
      ],
      [
        graph('Old images', 'images', day, [
          measured(functions.cleanup, 'ImagesRetained', 'Maximum', 'retained'),
          measured(functions.cleanup, 'ImagesReclaimed', 'Sum', 'reclaimed'),
          measured(functions.cleanup, 'CleanupFailures', 'Sum', 'failures'),
        ]),
        graph('Approval that waits longest', 'hours', hour, [
          measured(functions.notices, 'ApprovalHours', 'Maximum', 'hours'),
        ]),
        graph(
          'Events that could not be handled',
          'messages',
          hour,
          Object.values(functions).map((name) => ({
            namespace: 'AWS/SQS',
            metric: 'ApproximateNumberOfMessagesVisible',
            dimensions: { QueueName: deadLetterQueue(name) },
            label: name,
            stat: 'Maximum',
          })),
        ),
      ],
    ];
    new CloudwatchDashboard(this, 'Default', {
      dashboardName: dashboards.factory,
      dashboardBody: dashboardBody(rows, region),
    });
  }
}
