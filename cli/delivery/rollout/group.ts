import {
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  type AutoScalingClient,
  type DesiredConfiguration,
  type Instance,
  type InstanceRefresh,
} from '@aws-sdk/client-auto-scaling';
import { DescribeLaunchTemplateVersionsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { DeliveryRefusedError } from '../problem';
import { launchedOf } from './matching';

/** One instance of a group. */
export interface GroupInstance {
  readonly id: string;
  readonly inService: boolean;
  readonly healthy: boolean;
  /** Number of the template version that it was launched from. */
  readonly version: string | undefined;
  readonly templateId?: string | undefined;
  readonly type?: string | undefined;
}

/** What a group of instances is to run, and what it runs. */
export interface GroupState {
  readonly name: string;
  readonly desired: number;
  /** What is saved on the group: a refresh rolls back to it. */
  readonly saved: DesiredConfiguration;
  /** The version that is saved on the group, and its image. */
  readonly version: string;
  readonly imageId: string | undefined;
  /** Without those that are on their way out. */
  readonly instances: readonly GroupInstance[];
  /** The newest first; of the last six weeks. */
  readonly refreshes: readonly InstanceRefresh[];
}

/** @throws DeliveryRefusedError where there is no such group, or it has no launch template */
export async function readGroup(autoScaling: AutoScalingClient, ec2: EC2Client, name: string): Promise<GroupState> {
  const { AutoScalingGroups: [group] = [] } = await autoScaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }),
  );
  if (group === undefined)
    throw new DeliveryRefusedError(
      `There is no Auto Scaling group ${name}; the cluster's stack makes it: deploy that first.`,
    );
  const { LaunchTemplate, MixedInstancesPolicy } = group;
  const saved: DesiredConfiguration = LaunchTemplate === undefined ? { MixedInstancesPolicy } : { LaunchTemplate };
  const { templateId, version: named } = launchedOf(saved);
  if (templateId === undefined)
    throw new DeliveryRefusedError(
      `The group ${name} has no launch template, so nothing names the image it is to run.`,
    );
  const { LaunchTemplateVersions: [version] = [] } = await ec2.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: templateId, Versions: [named ?? '$Default'] }),
  );
  const { InstanceRefreshes = [] } = await autoScaling.send(
    new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: name }),
  );
  return {
    name,
    desired: group.DesiredCapacity ?? 0,
    saved,
    version: String(version?.VersionNumber ?? ''),
    imageId: version?.LaunchTemplateData?.ImageId,
    instances: (group.Instances ?? []).filter((instance) => !leaves(instance)).map(instanceOf),
    refreshes: newestFirst(InstanceRefreshes),
  };
}

const leaves = ({ LifecycleState }: Instance): boolean => /^(Terminat|Detach)/.test(LifecycleState ?? '');

const instanceOf = ({ InstanceId = '', LifecycleState, HealthStatus, LaunchTemplate, InstanceType }: Instance) => ({
  id: InstanceId,
  inService: LifecycleState === 'InService',
  healthy: HealthStatus?.toLowerCase() === 'healthy',
  version: LaunchTemplate?.Version,
  templateId: LaunchTemplate?.LaunchTemplateId,
  type: InstanceType,
});

/** States of a refresh that end by themselves (Auto Scaling API Reference, "InstanceRefresh"). */
const activeStates: readonly (string | undefined)[] = [
  'Pending',
  'InProgress',
  'Cancelling',
  'RollbackInProgress',
  'Baking',
];

export const isActive = ({ Status }: InstanceRefresh): boolean => activeStates.includes(Status);

/** A refresh that ended before it began has no start; only one that is active is newer than those that have one. */
function newestFirst(refreshes: readonly InstanceRefresh[]): readonly InstanceRefresh[] {
  const time = (refresh: InstanceRefresh): number =>
    isActive(refresh) ? Infinity : ((refresh.EndTime ?? refresh.StartTime)?.getTime() ?? 0);
  // Where times are equal, the order of the answer stays: AWS gives the newest first (API Reference,
  // "DescribeInstanceRefreshes"). Infinity less Infinity is no number.
  return [...refreshes].sort((one, other) => (time(one) === time(other) ? 0 : time(other) - time(one)));
}
