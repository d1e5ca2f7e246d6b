import { randomUUID } from 'node:crypto';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  IAMClient,
  ListAccessKeysCommand,
} from '@aws-sdk/client-iam';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Context } from 'aws-lambda';
import { awsClients, type Clients, type StorageKey } from '../../../lambda/prover-cluster-storage-keys/clients';
import { steps, type Step } from '../../../lambda/prover-cluster-storage-keys/event';
import { handlerWith } from '../../../lambda/prover-cluster-storage-keys/handler';
import type { Waits } from '../../../lambda/prover-cluster-storage-keys/waits';
import { startLocalAws, type LocalAws, type LocalClientSettings } from '../../../tools/local-aws';
import { layWire, type Call, type Decide } from '../../../tools/local-aws/wire';

export const account = '222222222222';
export const region = 'us-west-2';

export const context = { functionName: 'prover-cluster-storage-keys', awsRequestId: 'x' } as Context;

/** As many looks as in AWS, and no time between them. */
export const noWaits = (): Waits => ({
  listed: [1, 2],
  room: [1, 2],
  works: [1, 2],
  sleep: () => Promise.resolve(),
});

export interface Invocation {
  readonly error: Error | undefined;
  readonly calls: readonly Call[];
}

/** The storage of a cluster on the local AWS, with a user, a bucket and a secret of its own each time. */
export class LocalStorage {
  private constructor(
    readonly aws: LocalAws,
    readonly settings: LocalClientSettings,
    readonly iam: IAMClient,
    readonly secrets: SecretsManagerClient,
    readonly s3: S3Client,
    readonly user: string,
    readonly bucket: string,
    readonly secretArn: string,
  ) {}

  static async on(aws: LocalAws): Promise<LocalStorage> {
    const settings = await aws.clientSettings(account);
    const iam = new IAMClient(settings);
    const secrets = new SecretsManagerClient(settings);
    const s3 = new S3Client({ ...settings, forcePathStyle: true });
    const name = `storage-${randomUUID()}`;
    await iam.send(new CreateUserCommand({ UserName: name }));
    await s3.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint: region } }));
    const { ARN = '' } = await secrets.send(new CreateSecretCommand({ Name: `/boundless/${name}/storage` }));
    return new LocalStorage(aws, settings, iam, secrets, s3, name, name, ARN);
  }

  static start = () => startLocalAws(region);

  environment(): Record<string, string> {
    return { STORAGE_USER: this.user, STORAGE_BUCKET: this.bucket, STORAGE_SECRET_ARN: this.secretArn };
  }

  /** What Secrets Manager does before it calls the function. */
  async begin(token: string = randomUUID()): Promise<string> {
    const rules = { AutomaticallyAfterDays: 30 };
    await this.secrets.send(
      new RotateSecretCommand({ SecretId: this.secretArn, ClientRequestToken: token, RotationRules: rules }),
    );
    return token;
  }

  async invoke(
    event: unknown,
    decide?: Decide,
    config: Parameters<typeof awsClients>[0] = {},
    prepare: (clients: Clients) => void = () => undefined,
  ): Promise<Invocation> {
    const wire = await layWire(this.settings.endpoint, decide);
    const { region: inRegion, credentials } = this.settings;
    const clients = awsClients({ endpoint: wire.endpoint, region: inRegion, credentials, ...config });
    prepare(clients);
    // The wire knows keys by their requests; the key itself is what S3 is asked with.
    try {
      const error = await handlerWith({ clients, waits: noWaits() })(event, context).then(
        () => undefined,
        (thrown: unknown) => thrown as Error,
      );
      return { error, calls: wire.calls };
    } finally {
      await wire.close();
    }
  }

  step(
    step: Step,
    token: string,
    ...rest: [Decide?, Parameters<typeof awsClients>[0]?, ((clients: Clients) => void)?]
  ): Promise<Invocation> {
    return this.invoke({ Step: step, SecretId: this.secretArn, ClientRequestToken: token }, ...rest);
  }

  /** All four steps, of which none may fail. */
  async rotate(token?: string): Promise<string> {
    const version = token ?? (await this.begin());
    for (const step of steps) {
      const { error } = await this.step(step, version);
      if (error !== undefined) throw error;
    }
    return version;
  }

  /** Labels by version. */
  async labels(): Promise<Record<string, string[]>> {
    const { VersionIdsToStages = {} } = await this.secrets.send(
      new DescribeSecretCommand({ SecretId: this.secretArn }),
    );
    return VersionIdsToStages;
  }

  async key(label: 'AWSCURRENT' | 'AWSPREVIOUS'): Promise<StorageKey> {
    const { SecretString = '' } = await this.secrets.send(
      new GetSecretValueCommand({ SecretId: this.secretArn, VersionStage: label }),
    );
    return JSON.parse(SecretString) as StorageKey;
  }

  async keyIds(): Promise<string[]> {
    const { AccessKeyMetadata = [] } = await this.iam.send(new ListAccessKeysCommand({ UserName: this.user }));
    return AccessKeyMetadata.map(({ AccessKeyId = '' }) => AccessKeyId).sort();
  }

  async makeKey(): Promise<string> {
    const { AccessKey } = await this.iam.send(new CreateAccessKeyCommand({ UserName: this.user }));
    return AccessKey?.AccessKeyId ?? '';
  }

  async deleteKey(AccessKeyId: string): Promise<void> {
    await this.iam.send(new DeleteAccessKeyCommand({ UserName: this.user, AccessKeyId }));
  }

  async files(): Promise<string[]> {
    const { Contents = [] } = await this.s3.send(new ListObjectsV2Command({ Bucket: this.bucket }));
    return Contents.map(({ Key = '' }) => Key);
  }
}
