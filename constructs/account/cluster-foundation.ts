import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../../config';
import { brokerRelease, createsBucket } from '../../config/broker/releases';
import { instanceRoles, roles, topics, type InstanceRole } from '../../config/names';
import { AccountStack } from '../base/account-stack';
import { BoundedRole } from '../base/bounded-role';
import { forAccount, serviceTrust } from '../base/policy';
import { ClusterKey } from '../cluster/cluster-key';
import * as snapshots from '../cluster/data/rights';
import { InstanceIdentity } from '../cluster/instances/instance-identity';
import * as flowLogs from '../cluster/network/rights';
import { ClusterSecrets } from '../cluster/secrets/cluster-secrets';
import { Storage } from '../cluster/storage/storage';
import { StorageKeys } from '../cluster/storage/storage-keys';
import { StorageBoundaries } from './storage-boundaries';

/** Ids that keep the addresses. */
const identityOf: Readonly<Record<InstanceRole, string>> = { manager: 'ManagerIdentity', prover: 'ProverIdentity' };

export interface ClusterFoundationProps {
  readonly config: EnvironmentConfig;
  /** Path of the archive of `prover-cluster-storage-keys`. */
  readonly storageKeysArchive: string;
}

/**
 * What of a cluster decides who reads its secrets: its roles with their boundaries, its key, its secrets with their
 * policies, its storage with the user and the function that makes the user's keys. It belongs to the account's stack, which
 * people deploy. The pipeline that deploys the cluster finds all of it by name, and changes none of it.
 *
 * All of this belonged to the cluster's stack once, and its addresses in Terraform's state are the same here: `npm run factory
 * -- adopt` moves what is there, and the cluster's stack forgets them.
 */
export class ClusterFoundation extends Construct {
  /** Addresses of what the cluster's stack had before, such as `aws_kms_key.Key_961B73FD`. */
  readonly adopted: readonly string[];

  constructor(scope: Construct, id: string, { config, storageKeysArchive }: ClusterFoundationProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const { environment } = account;
    for (const role of instanceRoles) new InstanceIdentity(this, identityOf[role], { role });
    new BoundedRole(new Construct(this, 'DataVolume'), 'Snapshots', {
      name: roles.snapshots(environment),
      description: `Makes snapshots of the data volume of ${environment}`,
      trust: serviceTrust('dlm.amazonaws.com', forAccount(account)),
      statements: snapshots.run(account),
    });
    if (config.network.kind === 'own')
      new BoundedRole(new Construct(this, 'Network'), 'FlowLogs', {
        name: roles.flowLogs(environment),
        description: `Writes the flow logs of ${environment}`,
        trust: serviceTrust('vpc-flow-logs.amazonaws.com', forAccount(account)),
        statements: flowLogs.run(account),
      });
    const { arn: kmsKeyArn } = new ClusterKey(this, 'Key');
    const data = new Construct(this, 'Data');
    const secrets = new ClusterSecrets(data, 'Secrets', {
      kmsKeyArn,
      ...config.secrets,
      administratorRoles: config.administratorRoles,
    });
    const boundaries = new StorageBoundaries(this, 'StorageBoundaries');
    const storage = new Storage(data, 'Storage', {
      inputDays: config.storage.inputDays,
      workDays: config.storage.workDays,
      createsBucket: createsBucket(brokerRelease(config.broker.releases.from)),
      userBoundary: boundaries.user,
    });
    new StorageKeys(data, 'StorageKeys', {
      storage,
      secretArn: secrets.arns.storage,
      rotationDays: config.storage.keyRotationDays,
      kmsKeyArn,
      logRetentionDays: config.logRetentionDays,
      archive: storageKeysArchive,
      permissionsBoundary: boundaries.keys,
      // By name: the cluster's stack makes the topic. CloudWatch takes an action whose topic is not there yet.
      alarmActions: [account.topic(topics.cluster(environment))],
    });
    this.adopted = this.node
      .findAll()
      .filter((child): child is TerraformResource => child instanceof TerraformResource)
      .filter((resource) => !(resource instanceof IamPolicy))
      .map(({ terraformResourceType, friendlyUniqueId }) => `${terraformResourceType}.${friendlyUniqueId}`);
  }
}
