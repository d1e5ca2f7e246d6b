import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  StartInstanceRefreshCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DescribeLaunchTemplatesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { nodeRoles, scalingGroup, type NodeRole } from '../../config/names';
import type { LocalClientSettings } from '../local-aws';

/**
 * Makes of a cluster what a rollout is seen by, or changes it, as the cluster's stack does: one launch template and one
 * group for each role, by number of the template's version, and a refresh where the image is another.
 *
 * @param machines how many machines each group has
 */
export async function deployCluster(
  settings: LocalClientSettings,
  environment: string,
  images: Readonly<Record<NodeRole, string>>,
  machines = 1,
): Promise<void> {
  const [ec2, autoScaling] = [new EC2Client(settings), new AutoScalingClient(settings)];
  for (const role of nodeRoles) {
    const name = scalingGroup(environment, role);
    const LaunchTemplateData = { ImageId: images[role], InstanceType: 't3.micro' as const };
    const { LaunchTemplates: [existing] = [] } = await ec2.send(
      new DescribeLaunchTemplatesCommand({ Filters: [{ Name: 'launch-template-name', Values: [name] }] }),
    );
    if (existing === undefined) {
      await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: name, LaunchTemplateData }));
      await autoScaling.send(
        new CreateAutoScalingGroupCommand({
          AutoScalingGroupName: name,
          LaunchTemplate: { LaunchTemplateName: name, Version: '1' },
          MinSize: 0,
          MaxSize: 10,
          DesiredCapacity: machines,
          AvailabilityZones: [`${settings.region}a`],
        }),
      );
      continue;
    }
    const { LaunchTemplateVersion } = await ec2.send(
      new CreateLaunchTemplateVersionCommand({ LaunchTemplateName: name, LaunchTemplateData }),
    );
    const Version = String(LaunchTemplateVersion?.VersionNumber ?? '');
    await autoScaling.send(
      new UpdateAutoScalingGroupCommand({
        AutoScalingGroupName: name,
        LaunchTemplate: { LaunchTemplateName: name, Version },
      }),
    );
    await autoScaling.send(new StartInstanceRefreshCommand({ AutoScalingGroupName: name }));
  }
}
