import {
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  type AutoScalingClient,
  type AutoScalingGroup,
  type InstanceRefresh,
} from '@aws-sdk/client-auto-scaling';
import { DescribeLaunchTemplateVersionsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { DeliveryRefused } from '../problem';

/** One machine of a group. */
export interface Machine {
  readonly id: string;
  readonly inService: boolean;
  readonly healthy: boolean;
  /** Number of the template version that it was launched from. */
  readonly version: string | undefined;
}

/** What a group of machines is to run, and what it runs. */
export interface GroupState {
  readonly name: string;
  readonly desired: number;
  /** The version that new machines are launched from, and its image. */
  readonly version: string;
  readonly imageId: string | undefined;
  readonly machines: readonly Machine[];
  /** The newest refresh; undefined where there never was one, or none in the last six weeks. */
  readonly refresh: InstanceRefresh | undefined;
}

/** @throws DeliveryRefused where there is no such group, or it has no launch template */
export async function readGroup(autoScaling: AutoScalingClient, ec2: EC2Client, name: string): Promise<GroupState> {
  const { AutoScalingGroups: [group] = [] } = await autoScaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }),
  );
  if (group === undefined)
    throw new DeliveryRefused(
      `There is no Auto Scaling group ${name}; the cluster's stack makes it: deploy that first.`,
    );
  const template = templateOf(group);
  if (template?.LaunchTemplateId === undefined)
    throw new DeliveryRefused(`The group ${name} has no launch template, so nothing says which image it is to run.`);
  const { LaunchTemplateVersions: [version] = [] } = await ec2.send(
    new DescribeLaunchTemplateVersionsCommand({
      LaunchTemplateId: template.LaunchTemplateId,
      Versions: [template.Version ?? '$Default'],
    }),
  );
  const { InstanceRefreshes = [] } = await autoScaling.send(
    new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: name }),
  );
  return {
    name,
    desired: group.DesiredCapacity ?? 0,
    version: String(version?.VersionNumber ?? ''),
    imageId: version?.LaunchTemplateData?.ImageId,
    machines: (group.Instances ?? []).map(({ InstanceId = '', LifecycleState, HealthStatus, LaunchTemplate }) => ({
      id: InstanceId,
      inService: LifecycleState === 'InService',
      healthy: HealthStatus?.toLowerCase() === 'healthy',
      version: LaunchTemplate?.Version,
    })),
    refresh: newest(InstanceRefreshes),
  };
}

const templateOf = ({ LaunchTemplate, MixedInstancesPolicy }: AutoScalingGroup) =>
  LaunchTemplate ?? MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;

/** AWS gives the newest first (Auto Scaling API Reference, "DescribeInstanceRefreshes"); one that waits has no start. */
const newest = (refreshes: readonly InstanceRefresh[]): InstanceRefresh | undefined =>
  refreshes.find(({ StartTime }) => StartTime === undefined) ??
  [...refreshes].sort((one, other) => (other.StartTime?.getTime() ?? 0) - (one.StartTime?.getTime() ?? 0))[0];
