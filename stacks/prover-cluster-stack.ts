import { TerraformOutput } from 'cdktf';
import type { Construct } from 'constructs';
import type { EnvironmentConfig } from '../config';
import { imageOfRole, logGroups, roles, stacks, topics, type NodeRole } from '../config/names';
import { LogGroup } from '../constructs/base/log-group';
import { alarmsOf, Topic } from '../constructs/base/topic';
import { ClusterAlarms } from '../constructs/cluster/alarms';
import { ClusterData } from '../constructs/cluster/cluster-data';
import { ClusterKey } from '../constructs/cluster/cluster-key';
import { ImageId } from '../constructs/cluster/image-id';
import { Network } from '../constructs/cluster/network';
import { NodeIdentity } from '../constructs/cluster/node-identity';
import { NodeTemplate } from '../constructs/cluster/node-template';
import { SecurityGroups } from '../constructs/cluster/security-groups';
import { ClusterDashboard } from '../constructs/monitoring/cluster-dashboard';
import { AccountStack } from './account-stack';

export interface ProverClusterStackProps {
  readonly config: EnvironmentConfig;
  /** Path of the archive of `prover-cluster-storage-keys`. */
  readonly storageKeysArchive: string;
}

/** A cluster of one manager (CPU) and its provers (GPU). */
export class ProverClusterStack extends AccountStack {
  constructor(scope: Construct, { config, storageKeysArchive }: ProverClusterStackProps) {
    const { environment, accountId, region } = config;
    const name = stacks.cluster(environment);
    super(scope, name, { accountId, region, environment, actsThrough: [roles.deployment, roles.plan] });

    const key = new ClusterKey(this, 'Key', { environment, accountId, region });
    const logs = { retentionDays: config.logRetentionDays, kmsKeyArn: key.arn };
    const alarmTopic = new Topic(this, 'AlarmTopic', {
      name: topics.cluster(environment),
      kmsKeyArn: key.arn,
      publishers: [alarmsOf(accountId)],
      emails: config.notifications.alarmEmails,
    });
    const network = new Network(this, 'Network', {
      name,
      environment,
      accountId,
      region,
      network: config.network,
      kmsKeyArn: key.arn,
      logRetentionDays: config.logRetentionDays,
    });
    const data = new ClusterData(this, 'Data', {
      config,
      kmsKeyArn: key.arn,
      // The data volume is made with the manager's group.
      dataVolumeId: null,
      storageKeysArchive,
      alarmActions: [alarmTopic.arn],
    });
    this.addOverride('terraform.required_providers.aws.version', data.providerVersion);
    const securityGroups = new SecurityGroups(this, 'SecurityGroups', { name, vpcId: network.vpcId });
    const [proverType = ''] = config.prover.instanceTypes;
    const machines = {
      manager: { ...config.manager, volumeInitializationRate: null },
      prover: { ...config.prover, instanceType: proverType },
    };
    const node = (id: string, role: NodeRole): LogGroup => {
      const identity = new NodeIdentity(this, `${id}Identity`, { environment, accountId, region, role });
      const logGroup = new LogGroup(this, `${id}Logs`, { name: logGroups.node(environment, role), ...logs });
      const image = new ImageId(this, `${id}Image`, {
        variable: `${role}_image_id`,
        image: imageOfRole[role],
        followsLatest: config.followsLatest,
      });
      const { instanceType, rootVolumeGiB, volumeInitializationRate } = machines[role];
      new NodeTemplate(this, `${id}Template`, {
        name: `${name}-${role}`,
        role,
        imageId: image.value,
        instanceType,
        rootVolumeGiB,
        volumeInitializationRate,
        securityGroupId: securityGroups.ids[role],
        profileName: identity.profileName,
        tags: this.standardTags,
      });
      new TerraformOutput(this, `${role}_image_id`, { value: image.value, description: `Image of the ${role} nodes` });
      return logGroup;
    };
    new ClusterAlarms(this, 'Alarms', {
      environment,
      thresholds: config.alarms,
      logGroupNames: { manager: node('Manager', 'manager').name, prover: node('Prover', 'prover').name },
      actions: [alarmTopic.arn],
    });
    new ClusterDashboard(this, 'Dashboard', { environment, accountId, region });
  }
}
