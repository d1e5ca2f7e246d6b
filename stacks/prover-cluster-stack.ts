import type { Construct } from 'constructs';
import type { EnvironmentConfig } from '../config';
import { brokerRelease, createsBucket } from '../config/broker/releases';
import { imageOfRole, logGroups, roles, stacks, storageBucket, topics, type NodeRole } from '../config/names';
import { resourcesIn } from '../constructs/base/dependencies';
import { LogGroup } from '../constructs/base/log-group';
import { alarmsOf, Topic } from '../constructs/base/topic';
import { ClusterAlarms } from '../constructs/cluster/alarms';
import { ClusterData } from '../constructs/cluster/cluster-data';
import { ClusterKey } from '../constructs/cluster/cluster-key';
import { ClusterOutputs } from '../constructs/cluster/cluster-outputs';
import { DataVolume } from '../constructs/cluster/data-volume';
import { ImageId } from '../constructs/cluster/image-id';
import { ManagerGroup, type GroupProps } from '../constructs/cluster/manager-group';
import { existingNetwork, Network, type ClusterNetwork } from '../constructs/cluster/network';
import { NodeIdentity } from '../constructs/cluster/node-identity';
import { NodeTemplate } from '../constructs/cluster/node-template';
import { ProverGroup } from '../constructs/cluster/prover-group';
import { RolloutParameter } from '../constructs/cluster/rollout-parameter';
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
  private readonly config: EnvironmentConfig;
  private readonly key: ClusterKey;

  constructor(scope: Construct, { config, storageKeysArchive }: ProverClusterStackProps) {
    const { environment, accountId, region } = config;
    const account = { environment, accountId, region };
    const name = stacks.cluster(environment);
    super(scope, name, { ...account, actsThrough: [roles.deployment, roles.plan] });
    this.config = config;

    this.key = new ClusterKey(this, 'Key', account);
    const alarmTopic = new Topic(this, 'AlarmTopic', {
      name: topics.cluster(environment),
      kmsKeyArn: this.key.arn,
      publishers: [alarmsOf(accountId)],
      emails: config.notifications.alarmEmails,
    });
    const network = this.network(name);
    const [home] = network.subnets;
    if (home === undefined) throw new Error(`${name} has no subnet`);
    const volume = new DataVolume(this, 'DataVolume', {
      ...account,
      ...config.manager.dataVolume,
      zone: home.zone,
      kmsKeyArn: this.key.arn,
    });
    const data = new ClusterData(this, 'Data', {
      config,
      kmsKeyArn: this.key.arn,
      dataVolumeId: volume.volumeId,
      storageKeysArchive,
      alarmActions: [alarmTopic.arn],
    });
    this.addOverride('terraform.required_providers.aws.version', data.providerVersion);

    const securityGroups = new SecurityGroups(this, 'SecurityGroups', { name, vpcId: network.vpcId });
    const manager = this.machines('Manager', 'manager', securityGroups);
    const prover = this.machines('Prover', 'prover', securityGroups);
    const alarms = new ClusterAlarms(this, 'Alarms', {
      environment,
      thresholds: config.alarms,
      logGroupNames: { manager: manager.logGroupName, prover: prover.logGroupName },
      actions: [alarmTopic.arn],
    });
    // Machines need all of it to boot, and to drain: on the way down the groups go first.
    const everything = resourcesIn(this);
    const group = (role: NodeRole, { template, imageId }: ReturnType<typeof this.machines>): GroupProps => ({
      config,
      template,
      imageId,
      // The data volume and the manager's address do not leave their zone.
      subnetIds: role === 'manager' ? [home.id] : network.subnets.map(({ id }) => id),
      alarms: alarms.rollback[role],
      tags: { ...this.standardTags, Role: role },
      after: everything,
    });
    const provers = new ProverGroup(this, 'ProverGroup', group('prover', prover));
    const managers = new ManagerGroup(this, 'ManagerGroup', {
      ...group('manager', manager),
      after: [...everything, ...resourcesIn(provers)],
    });
    new RolloutParameter(this, 'Rollout', {
      environment,
      groups: { manager: managers.rollout, prover: provers.rollout },
      after: [...resourcesIn(managers), ...resourcesIn(provers)],
    });
    new ClusterDashboard(this, 'Dashboard', { environment, accountId, region });
    new ClusterOutputs(this, 'Outputs', {
      config,
      vpcId: network.vpcId,
      dataVolumeId: volume.volumeId,
      bucketName: data.bucketName,
      nodes: { manager, prover },
    });
  }

  private network(name: string): ClusterNetwork {
    const { config, key } = this;
    const { environment, accountId, region, network, logRetentionDays, broker } = config;
    if (network.kind === 'existing') return existingNetwork(network);
    return new Network(this, 'Network', {
      name,
      environment,
      accountId,
      region,
      network,
      kmsKeyArn: key.arn,
      logRetentionDays,
      createdBucket: createsBucket(brokerRelease(broker.releases.from))
        ? storageBucket(environment, accountId, region)
        : null,
    });
  }

  /** What a machine of a role is and may do, where it logs, and how it starts. */
  private machines(id: string, role: NodeRole, securityGroups: SecurityGroups) {
    const { environment, accountId, region, followsLatest, logRetentionDays, manager, prover } = this.config;
    const identity = new NodeIdentity(this, `${id}Identity`, { environment, accountId, region, role });
    const logs = new LogGroup(this, `${id}Logs`, {
      name: logGroups.node(environment, role),
      retentionDays: logRetentionDays,
      kmsKeyArn: this.key.arn,
    });
    const image = new ImageId(this, `${id}Image`, {
      variable: `${role}_image_id`,
      image: imageOfRole[role],
      followsLatest,
    });
    const [proverType = ''] = prover.instanceTypes;
    const machine =
      role === 'manager' ? { ...manager, volumeInitializationRate: null } : { ...prover, instanceType: proverType };
    const template = new NodeTemplate(this, `${id}Template`, {
      name: `${stacks.cluster(environment)}-${role}`,
      role,
      imageId: image.value,
      instanceType: machine.instanceType,
      rootVolumeGiB: machine.rootVolumeGiB,
      volumeInitializationRate: machine.volumeInitializationRate,
      kmsKeyArn: this.key.arn,
      securityGroupId: securityGroups.ids[role],
      profileName: identity.profileName,
      tags: this.standardTags,
    });
    return { template, imageId: image.value, logGroupName: logs.name };
  }
}
