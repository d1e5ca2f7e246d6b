import { TerraformOutput } from 'cdktf';
import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../../config';
import { clusterPath, dashboards, logGroups, nodeRoles, scalingGroup, type NodeRole } from '../../config/names';

export interface ClusterOutputsProps {
  readonly config: EnvironmentConfig;
  readonly vpcId: string;
  readonly dataVolumeId: string;
  readonly bucketName: string;
  readonly nodes: Readonly<
    Record<NodeRole, { readonly imageId: string; readonly template: { readonly latestVersion: string } }>
  >;
}

/** What people need who work with a cluster: addresses, names, what runs, and how to get a shell. */
export class ClusterOutputs extends Construct {
  constructor(scope: Construct, id: string, { config, vpcId, dataVolumeId, bucketName, nodes }: ClusterOutputsProps) {
    super(scope, id);
    const { environment, region, network } = config;
    const output = (name: string, value: string, description: string): void => {
      new TerraformOutput(this, name, { value, description }).overrideLogicalId(name);
    };
    output(
      'api_endpoint',
      `http://${network.managerAddress}:8081`,
      "Bento's API, for provers and within the cluster only",
    );
    output('vpc_id', vpcId, 'Network of the machines');
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
      'Brings the machines onto the newest templates; a deployment changes no machine that runs',
    );
    for (const role of nodeRoles) {
      const { imageId, template } = nodes[role];
      const group = scalingGroup(environment, role);
      output(`${role}_group`, group, `Auto Scaling group of the ${role}s`);
      output(`${role}_image_id`, imageId, `Image of the ${role} nodes`);
      output(
        `${role}_template_version`,
        template.latestVersion,
        `Newest version of the launch template of the ${role}s, which a rollout brings to them`,
      );
      output(
        `${role}_logs`,
        `aws logs tail ${logGroups.node(environment, role)} --region ${region} --follow`,
        `What ${role}s say`,
      );
      output(`${role}_shell`, shell(group, region), `A shell on a ${role}, by Session Manager`);
    }
  }
}

/** Session Manager takes an instance id, which only the group knows. */
const shell = (group: string, region: string): string =>
  `aws ssm start-session --region ${region} --target "$(aws autoscaling describe-auto-scaling-groups --region ${region} ` +
  `--auto-scaling-group-names ${group} --query 'AutoScalingGroups[0].Instances[0].InstanceId' --output text)"`;
