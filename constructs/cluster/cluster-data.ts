import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../../config';
import { brokerRelease, createsBucket } from '../../config/broker/releases';
import { ClusterParameters } from './cluster-parameters';
import { ClusterSecrets } from './secrets/cluster-secrets';
import { Storage } from './storage/storage';
import { StorageKeys } from './storage/storage-keys';

export interface ClusterDataProps {
  readonly config: EnvironmentConfig;
  readonly kmsKeyArn: string;
  /** The manager's data volume. */
  readonly dataVolumeId: string;
  readonly storageKeysArchive: string;
  /** Topics that are notified of failures. */
  readonly alarmActions: readonly string[];
}

/** What the instances of a cluster read at boot, and where Bento keeps its files. */
export class ClusterData extends Construct {
  /**
   * The provider that this takes: up to 6.25 it read the value of every secret that it had written, in plans too
   * (terraform-provider-aws, pull request 44876); 6.50 mended how it waits for new ones. cdktf 0.21 asks for 6.25.
   */
  readonly providerVersion = '6.66.0';
  readonly bucketName: string;

  constructor(scope: Construct, id: string, props: ClusterDataProps) {
    super(scope, id);
    const { config, kmsKeyArn, dataVolumeId, alarmActions } = props;
    const secrets = new ClusterSecrets(this, 'Secrets', { kmsKeyArn, ...config.secrets });
    const storage = new Storage(this, 'Storage', {
      inputDays: config.storage.inputDays,
      workDays: config.storage.workDays,
      createsBucket: createsBucket(brokerRelease(config.broker.releases.from)),
    });
    new StorageKeys(this, 'StorageKeys', {
      storage,
      secretArn: secrets.arns.storage,
      rotationDays: config.storage.keyRotationDays,
      kmsKeyArn,
      logRetentionDays: config.logRetentionDays,
      archive: props.storageKeysArchive,
      alarmActions,
    });
    new ClusterParameters(this, 'Parameters', {
      managerAddress: config.network.managerAddress,
      dataVolumeId,
      bucketName: storage.bucketName,
      config,
    });
    this.bucketName = storage.bucketName;
  }
}
