import {
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  DescribeLaunchConfigurationsCommand,
  type InstanceRefresh,
  type LaunchTemplateSpecification,
  type MixedInstancesPolicy,
} from '@aws-sdk/client-auto-scaling';
import { everyItem, everyPage } from './every-page';
import { copyOf, matters, type Found, type Reader, type Reference, type TemplateReference } from './reader';

/** The most that Auto Scaling gives at once (Amazon EC2 Auto Scaling API Reference). */
const pageSize = 100;

/**
 * Launch templates of Auto Scaling groups, whatever their capacity; and those of their instance refreshes that run. While a
 * refresh runs, its group still has the template that it would go back to.
 */
export async function groups(reader: Reader): Promise<Found> {
  const { accountId, autoScaling } = reader;
  const templates: TemplateReference[] = [];
  const names: string[] = [];
  const pages = everyPage({
    action: 'autoscaling:DescribeAutoScalingGroups',
    send: (NextToken) => autoScaling.send(new DescribeAutoScalingGroupsCommand({ MaxRecords: pageSize, NextToken })),
    items: ({ AutoScalingGroups }) => AutoScalingGroups,
    next: ({ NextToken }) => NextToken,
  });
  for await (const page of pages)
    for (const { AutoScalingGroupName = '', LaunchTemplate, MixedInstancesPolicy, Instances = [] } of page) {
      const name = copyOf(AutoScalingGroupName);
      names.push(name);
      const use = { accountId, what: 'Auto Scaling group', resource: name };
      const all = [
        ...specifications(LaunchTemplate, MixedInstancesPolicy),
        ...Instances.flatMap((instance) => instance.LaunchTemplate ?? []),
      ];
      templates.push(...distinct(all).map((one) => ({ ...one, use })));
    }
  for (const name of names) {
    const use = { accountId, what: 'instance refresh of the Auto Scaling group', resource: name };
    for (const { DesiredConfiguration: desired } of await runningRefreshes(reader, name))
      templates.push(
        ...distinct(specifications(desired?.LaunchTemplate, desired?.MixedInstancesPolicy)).map((one) => ({
          ...one,
          use,
        })),
      );
  }
  return { images: [], templates };
}

/** All of their states but the final ones (Amazon EC2 Auto Scaling API Reference, "InstanceRefresh"). */
const ended: readonly string[] = ['Successful', 'Failed', 'Cancelled', 'RollbackSuccessful', 'RollbackFailed'];

async function runningRefreshes({ autoScaling }: Reader, group: string): Promise<readonly InstanceRefresh[]> {
  const all = await everyItem({
    action: 'autoscaling:DescribeInstanceRefreshes',
    send: (NextToken) =>
      autoScaling.send(
        new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: group, MaxRecords: pageSize, NextToken }),
      ),
    items: ({ InstanceRefreshes }) => InstanceRefreshes,
    next: ({ NextToken }) => NextToken,
  });
  return all.filter(({ Status = '' }) => !ended.includes(Status));
}

/** Launch configurations, which groups made before launch templates may still use. */
export async function launchConfigurations(reader: Reader): Promise<Found> {
  const { accountId, autoScaling } = reader;
  const images: Reference[] = [];
  const pages = everyPage({
    action: 'autoscaling:DescribeLaunchConfigurations',
    send: (NextToken) => autoScaling.send(new DescribeLaunchConfigurationsCommand({ MaxRecords: pageSize, NextToken })),
    items: ({ LaunchConfigurations }) => LaunchConfigurations,
    next: ({ NextToken }) => NextToken,
  });
  for await (const page of pages)
    for (const { ImageId, LaunchConfigurationName = '' } of page)
      if (matters(reader, ImageId)) {
        const use = { accountId, what: 'launch configuration', resource: copyOf(LaunchConfigurationName) };
        images.push({ image: copyOf(ImageId), use });
      }
  return { images, templates: [] };
}

type Specification = Omit<TemplateReference, 'use'>;

const specifications = (
  template: LaunchTemplateSpecification | undefined,
  mixed: MixedInstancesPolicy | undefined,
): readonly LaunchTemplateSpecification[] => [
  ...(template === undefined ? [] : [template]),
  ...[
    mixed?.LaunchTemplate?.LaunchTemplateSpecification,
    ...(mixed?.LaunchTemplate?.Overrides ?? []).map(({ LaunchTemplateSpecification: one }) => one),
  ].flatMap((one) => one ?? []),
];

/** Thousands of instances of a group name the same few versions. */
function distinct(all: readonly LaunchTemplateSpecification[]): readonly Specification[] {
  const found = new Map<string, Specification>();
  for (const { LaunchTemplateId: id, LaunchTemplateName: name, Version: version } of all)
    found.set([id ?? name ?? '', version ?? ''].join(' '), {
      id: id && copyOf(id),
      name: name && copyOf(name),
      version: version && copyOf(version),
    });
  return [...found.values()];
}
