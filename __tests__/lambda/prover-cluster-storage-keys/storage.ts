import { randomUUID } from 'node:crypto';
import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  type IAMClient,
  ListAccessKeysCommand,
} from '@aws-sdk/client-iam';
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Context } from 'aws-lambda';
import type { awsClients, Clients, StorageKey } from '../../../lambda/prover-cluster-storage-keys/clients';
import { steps, type Step } from '../../../lambda/prover-cluster-storage-keys/event';
import { handlerWith } from '../../../lambda/prover-cluster-storage-keys/handler';
import type { Waits } from '../../../lambda/prover-cluster-storage-keys/waits';
import type { Call, Decide } from '../../../lab/local-aws/fault-proxy';

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

export type ClientConfig = NonNullable<Parameters<typeof awsClients>[0]>;

/** The storage of a cluster, with a user, a bucket of the same name and a secret of its own each time. */
export abstract class Storage {
  protected constructor(
    readonly iam: IAMClient,
    readonly secrets: SecretsManagerClient,
    readonly s3: S3Client,
    readonly user: string,
    readonly secretArn: string,
  ) {}

  /** The function's clients, some of whose calls go wrong. */
  protected abstract watched(
    decide?: Decide,
    config?: ClientConfig,
  ): Promise<{ readonly clients: Clients; readonly calls: readonly Call[]; readonly close: () => Promise<void> }>;

  environment(): Record<string, string> {
    return { STORAGE_USER: this.user, STORAGE_BUCKET: this.user, STORAGE_SECRET_ARN: this.secretArn };
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
    config: ClientConfig = {},
    prepare: (clients: Clients) => void = () => undefined,
  ): Promise<Invocation> {
    const { clients, calls, close } = await this.watched(decide, config);
    prepare(clients);
    try {
      const error = await handlerWith({ clients, waits: noWaits() })(event, context).then(
        () => undefined,
        (thrown: unknown) => thrown as Error,
      );
      return { error, calls };
    } finally {
      await close();
    }
  }

  step(
    step: Step,
    token: string,
    ...rest: [Decide?, ClientConfig?, ((clients: Clients) => void)?]
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
    const { Contents = [] } = await this.s3.send(new ListObjectsV2Command({ Bucket: this.user }));
    return Contents.map(({ Key = '' }) => Key);
  }
}
