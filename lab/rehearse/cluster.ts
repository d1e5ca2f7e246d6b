import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  PutLifecycleHookCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DescribeLaunchTemplatesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { hooks } from '../../config/lifecycle-hooks';
import { instanceRoles, rolloutParameter, scalingGroup, type InstanceRole } from '../../config/names';
import type { GroupRollout } from '../../config/rollout';
import type { LocalClientSettings } from '../local-aws';

/**
 * Makes of a cluster what a rollout is seen by, or changes it, as the cluster's stack does: one launch template and one
 * group for each role, by number of the template's version, and what the groups are to launch. What a group launches it
 * leaves alone: that is the rollout's.
 *
 * @param instances how many instances each group has
 */
export async function deployCluster(
  settings: LocalClientSettings,
  environment: string,
  images: Readonly<Record<InstanceRole, string>>,
  instances = 1,
): Promise<void> {
  const [ec2, autoScaling] = [new EC2Client(settings), new AutoScalingClient(settings)];
  const none = { LaunchTemplateId: '', Version: '' };
  const templates = { manager: none, prover: none };
  for (const role of instanceRoles) {
    const name = scalingGroup(environment, role);
    const LaunchTemplateData = { ImageId: images[role], InstanceType: 't3.micro' as const };
    const { LaunchTemplates: [existing] = [] } = await ec2.send(
      new DescribeLaunchTemplatesCommand({ Filters: [{ Name: 'launch-template-name', Values: [name] }] }),
    );
    if (existing === undefined) {
      const { LaunchTemplate } = await ec2.send(
        new CreateLaunchTemplateCommand({ LaunchTemplateName: name, LaunchTemplateData }),
      );
      templates[role] = { LaunchTemplateId: LaunchTemplate?.LaunchTemplateId ?? '', Version: '1' };
      await autoScaling.send(
        new CreateAutoScalingGroupCommand({
          AutoScalingGroupName: name,
          LaunchTemplate: templates[role],
          MinSize: 0,
          MaxSize: 10,
          DesiredCapacity: instances,
          AvailabilityZones: [`${settings.region}a`],
        }),
      );
      for (const hook of hooks)
        await autoScaling.send(new PutLifecycleHookCommand({ AutoScalingGroupName: name, ...hook }));
      continue;
    }
    const { LaunchTemplateVersion } = await ec2.send(
      new CreateLaunchTemplateVersionCommand({ LaunchTemplateName: name, LaunchTemplateData }),
    );
    templates[role] = {
      LaunchTemplateId: LaunchTemplateVersion?.LaunchTemplateId ?? '',
      Version: String(LaunchTemplateVersion?.VersionNumber ?? ''),
    };
  }
  const wanted = (role: InstanceRole): GroupRollout => ({
    imageId: images[role],
    desiredConfiguration: { LaunchTemplate: templates[role] },
    preferences,
    hooks,
  });
  await new SSMClient(settings).send(
    new PutParameterCommand({
      Name: rolloutParameter(environment),
      Value: JSON.stringify({ manager: wanted('manager'), prover: wanted('prover') }),
      Type: 'String',
      Overwrite: true,
    }),
  );
}

const preferences: GroupRollout['preferences'] = {
  MinHealthyPercentage: 0,
  MaxHealthyPercentage: 100,
  InstanceWarmup: 60,
  BakeTime: 600,
  SkipMatching: true,
  AutoRollback: true,
  ScaleInProtectedInstances: 'Wait',
  StandbyInstances: 'Wait',
};
