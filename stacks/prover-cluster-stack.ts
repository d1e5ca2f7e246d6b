import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../config';
import { DataAwsKmsKey } from '@cdktf/provider-aws/lib/data-aws-kms-key';
import { brokerRelease, createsBucket } from '../config/broker/releases';
import { instanceTags } from '../config/contract';
import {
  imageOfRole,
  keyAliases,
  logGroups,
  roles,
  stacks,
  storageBucket,
  topics,
  type InstanceRole,
} from '../config/names';
import { resourcesIn } from '../constructs/base/dependencies';
import { LogGroup } from '../constructs/base/log-group';
import { alarmsOf, Topic } from '../constructs/base/topic';
import { ClusterAlarms } from '../constructs/cluster/alarms';
import { forget } from '../constructs/base/earlier-addresses';
import { serviceAccountProvider } from '../constructs/base/provider-version';
import { ClusterOutputs } from '../constructs/cluster/cluster-outputs';
import { ClusterParameters } from '../constructs/cluster/cluster-parameters';
import { DataVolume } from '../constructs/cluster/data/data-volume';
import { ImageId } from '../constructs/cluster/instances/image-id';
import { ManagerGroup, type GroupProps } from '../constructs/cluster/instances/manager-group';
import { existingNetwork, Network, type ClusterNetwork } from '../constructs/cluster/network/network';
import { InstanceTemplate } from '../constructs/cluster/instances/instance-template';
import { ProverGroup } from '../constructs/cluster/instances/prover-group';
import { RolloutParameter } from '../constructs/cluster/instances/rollout-parameter';
import { SecurityGroups } from '../constructs/cluster/network/security-groups';
import { ClusterDashboard } from '../constructs/cluster/alarms/cluster-dashboard';
import { AccountStack } from '../constructs/base/account-stack';

export interface ProverClusterStackProps {
  readonly config: EnvironmentConfig;
  /** Addresses in Terraform's state that now belong to the account's stack. */
  readonly adopted: readonly string[];
}

/**
 * A cluster of one manager (CPU) and its provers (GPU). Roles, key, secrets and storage belong to the account's stack, which
 * is deployed before: this stack names them.
 */
export class ProverClusterStack extends AccountStack {
  private readonly config: EnvironmentConfig;
  private readonly keyArn: string;

  constructor(scope: Construct, { config, adopted }: ProverClusterStackProps) {
    const { environment, accountId, region } = config;
    const name = stacks.cluster(environment);
    super(scope, name, { environment, accountId, region, actsThrough: [roles.deployment, roles.plan] });
    this.config = config;

    this.addOverride('terraform.required_providers.aws.version', serviceAccountProvider);
    forget(this, adopted);
    this.keyArn = new DataAwsKmsKey(this, 'ClusterKey', { keyId: keyAliases.cluster(environment) }).arn;
    const alarmTopic = new Topic(this, 'AlarmTopic', {
      name: topics.cluster(environment),
      kmsKeyArn: this.keyArn,
      publishers: [alarmsOf(this.account)],
      emails: config.notifications.alarmEmails,
    });
    const network = this.network(name);
    const [home] = network.subnets;
    if (home === undefined) throw new Error(`${name} has no subnet`);
    const volume = new DataVolume(this, 'DataVolume', {
      ...config.manager.dataVolume,
      zone: home.zone,
      kmsKeyArn: this.keyArn,
    });
    const bucketName = storageBucket(environment, accountId, region);
    new ClusterParameters(new Construct(this, 'Data'), 'Parameters', {
      managerAddress: config.network.managerAddress,
      dataVolumeId: volume.volumeId,
      bucketName,
      config,
    });

    const securityGroups = new SecurityGroups(this, 'SecurityGroups', { name, vpcId: network.vpcId });
    const manager = this.instances('Manager', 'manager', securityGroups);
    const prover = this.instances('Prover', 'prover', securityGroups);
    const alarms = new ClusterAlarms(this, 'Alarms', {
      thresholds: config.alarms,
      logGroupNames: { manager: manager.logGroupName, prover: prover.logGroupName },
      actions: [alarmTopic.arn],
    });
    // Instances need all of it to boot, and to drain: on the way down the groups go first.
    const everything = resourcesIn(this);
    const group = (role: InstanceRole, { template, imageId }: ReturnType<typeof this.instances>): GroupProps => ({
      config,
      template,
      imageId,
      // The data volume and the manager's address do not leave their zone.
      subnetIds: role === 'manager' ? [home.id] : network.subnets.map(({ id }) => id),
      alarms: alarms.rollback[role],
      tags: { ...this.standardTags, [instanceTags.role]: role },
      after: everything,
    });
    const provers = new ProverGroup(this, 'ProverGroup', group('prover', prover));
    const managers = new ManagerGroup(this, 'ManagerGroup', {
      ...group('manager', manager),
      after: [...everything, ...resourcesIn(provers)],
    });
    new RolloutParameter(this, 'Rollout', {
      groups: { manager: managers.rollout, prover: provers.rollout },
      after: [...resourcesIn(managers), ...resourcesIn(provers)],
    });
    new ClusterDashboard(this, 'Dashboard');
    new ClusterOutputs(this, 'Outputs', {
      config,
      vpcId: network.vpcId,
      dataVolumeId: volume.volumeId,
      bucketName,
      instances: { manager, prover },
    });
  }

  private network(name: string): ClusterNetwork {
    const { config, keyArn } = this;
    const { environment, accountId, region, network, logRetentionDays, broker } = config;
    if (network.kind === 'existing') return existingNetwork(network);
    return new Network(this, 'Network', {
      name,
      network,
      kmsKeyArn: keyArn,
      logRetentionDays,
      createdBucket: createsBucket(brokerRelease(broker.releases.from))
        ? storageBucket(environment, accountId, region)
        : null,
    });
  }

  /** What an instance of a role is and may do, where it logs, and how it starts. */
  private instances(id: string, role: InstanceRole, securityGroups: SecurityGroups) {
    const { environment, followsLatest, logRetentionDays, manager, prover } = this.config;
    const logs = new LogGroup(this, `${id}Logs`, {
      name: logGroups.instance(environment, role),
      retentionDays: logRetentionDays,
      kmsKeyArn: this.keyArn,
    });
    const image = new ImageId(this, `${id}Image`, {
      variable: `${role}_image_id`,
      image: imageOfRole[role],
      followsLatest,
    });
    const [proverType = ''] = prover.instanceTypes;
    const instance =
      role === 'manager' ? { ...manager, volumeInitializationRate: null } : { ...prover, instanceType: proverType };
    const template = new InstanceTemplate(this, `${id}Template`, {
      name: `${stacks.cluster(environment)}-${role}`,
      role,
      imageId: image.value,
      instanceType: instance.instanceType,
      rootVolumeGiB: instance.rootVolumeGiB,
      volumeInitializationRate: instance.volumeInitializationRate,
      kmsKeyArn: this.keyArn,
      securityGroupId: securityGroups.ids[role],
      profileName: roles.instance(environment, role),
      tags: this.standardTags,
    });
    return { template, imageId: image.value, logGroupName: logs.name };
  }
}
