import { randomUUID } from 'node:crypto';
import { CreateUserCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { awsClients } from '../../../lambda/prover-cluster-storage-keys/clients';
import { startLocalAws, type LocalAws, type LocalClientSettings } from '../../../lab/local-aws';
import { startFaultProxy, type Decide } from '../../../lab/local-aws/fault-proxy';
import { account, region, Storage, type ClientConfig } from './storage';

/** The storage of a cluster on the local AWS. */
export class LocalStorage extends Storage {
  private constructor(
    private readonly settings: LocalClientSettings,
    ...rest: [IAMClient, SecretsManagerClient, S3Client, string, string]
  ) {
    super(...rest);
  }

  static async on(aws: LocalAws): Promise<LocalStorage> {
    const settings = await aws.clientSettings(account);
    const iam = new IAMClient(settings);
    const secrets = new SecretsManagerClient(settings);
    const s3 = new S3Client({ ...settings, forcePathStyle: true });
    const name = `storage-${randomUUID()}`;
    await iam.send(new CreateUserCommand({ UserName: name }));
    await s3.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint: region } }));
    const { ARN = '' } = await secrets.send(new CreateSecretCommand({ Name: `/boundless/${name}/storage` }));
    return new LocalStorage(settings, iam, secrets, s3, name, ARN);
  }

  static start = () => startLocalAws(region);

  protected async watched(decide?: Decide, config: ClientConfig = {}) {
    const proxy = await startFaultProxy(this.settings.endpoint, decide);
    const { region: inRegion, credentials } = this.settings;
    const clients = awsClients({ endpoint: proxy.endpoint, region: inRegion, credentials, ...config });
    return { clients, calls: proxy.calls, close: () => proxy.close() };
  }
}
