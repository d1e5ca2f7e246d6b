import { TerraformOutput } from 'cdktf';
import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../../config';
import { ports } from '../../config/contract';
import { clusterPath, dashboards, logGroups, instanceRoles, scalingGroup, type InstanceRole } from '../../config/names';
import { AccountStack } from '../base/account-stack';

export interface ClusterOutputsProps {
  readonly config: EnvironmentConfig;
  readonly vpcId: string;
  readonly dataVolumeId: string;
  readonly bucketName: string;
  readonly instances: Readonly<
    Record<InstanceRole, { readonly imageId: string; readonly template: { readonly latestVersion: string } }>
  >;
}

/** What people need who work with a cluster: addresses, names, what runs, and how to get a shell. */
export class ClusterOutputs extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { config, vpcId, dataVolumeId, bucketName, instances }: ClusterOutputsProps,
  ) {
    super(scope, id);
    const { environment, region } = AccountStack.of(this).account;
    const { network } = config;
    const output = (name: string, value: string, description: string): void => {
      new TerraformOutput(this, name, { value, description }).overrideLogicalId(name);
    };
    output(
      'api_endpoint',
      `http://${network.managerAddress}:${ports.api}`,
      "Bento's API, for provers and within the cluster only",
    );
    output('vpc_id', vpcId, 'Network of the instances');
    output('data_volume_id', dataVolumeId, "The manager's data, which outlives it");
    output('storage_bucket', bucketName, "Bento's files");
    output(
      'secrets_path',
      clusterPath(environment),
      `Secrets and parameters; npm run secrets -- ${environment} status`,
    );
    output(
      'dashboard',
      `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards:name=${dashboards.cluster(environment)}`,
      'How the cluster does',
    );
    output(
      'rollout',
      `make rollout ENV=${environment}`,
      'Brings the instances onto the newest templates; a deployment changes no instance that runs',
    );
    for (const role of instanceRoles) {
      const { imageId, template } = instances[role];
      const group = scalingGroup(environment, role);
      output(`${role}_group`, group, `Auto Scaling group of the ${role}s`);
      output(`${role}_image_id`, imageId, `Image of the ${role} instances`);
      output(
        `${role}_template_version`,
        template.latestVersion,
        `Newest version of the launch template of the ${role}s, which a rollout brings to them`,
      );
      output(
        `${role}_logs`,
        `aws logs tail ${logGroups.instance(environment, role)} --region ${region} --follow`,
        `The logs of the ${role}s`,
      );
      output(`${role}_shell`, shell(group, region), `A shell on a ${role}, by Session Manager`);
    }
  }
}

/** Session Manager takes an instance id, which only the group knows. */
const shell = (group: string, region: string): string =>
  `aws ssm start-session --region ${region} --target "$(aws autoscaling describe-auto-scaling-groups --region ${region} ` +
  `--auto-scaling-group-names ${group} --query 'AutoScalingGroups[0].Instances[0].InstanceId' --output text)"`;
