import { randomUUID } from 'node:crypto';
import { IAMClient, LimitExceededException, NoSuchEntityException, type AccessKeyMetadata } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import {
  ResourceExistsException,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { awsClients } from '../../../lambda/prover-cluster-storage-keys/clients';
import type { Decide } from '../../../lab/local-aws/fault-proxy';
import { InProcess, type AnyClient, type SignedCall } from '../../support/in-process';
import { account, region, Storage, type ClientConfig } from './storage';

interface Version {
  readonly labels: Set<string>;
  value?: string;
}

type Input = Readonly<Record<string, string | undefined>>;

/** The storage of a cluster in memory, with the SDK's real clients. It answers as the local AWS does (`rotation.test.ts`). */
export class MemoryStorage extends Storage {
  private readonly keys: AccessKeyMetadata[] = [];
  private readonly versions = new Map<string, Version>();
  private readonly objects = new Map<string, string>();
  private made = 0;

  constructor() {
    const name = `storage-${randomUUID()}`;
    const inProcess = new InProcess((call) => this.answerTo(call));
    const settings = settingsOf(inProcess);
    const [iam, secrets, s3] = [
      new IAMClient(settings),
      new SecretsManagerClient(settings),
      new S3Client({ ...settings, forcePathStyle: true }),
    ];
    for (const client of [iam, secrets, s3] as unknown as AnyClient[]) inProcess.answer(client);
    super(iam, secrets, s3, name, `arn:aws:secretsmanager:${region}:${account}:secret:${name}`);
  }

  protected watched(decide?: Decide, { retryMode, maxAttempts }: ClientConfig = {}) {
    const inProcess = new InProcess((call) => this.answerTo(call), decide);
    const clients = awsClients({
      ...settingsOf(inProcess),
      ...(retryMode !== undefined && { retryMode }),
      ...(maxAttempts !== undefined && { maxAttempts }),
    });
    for (const client of [clients.iam, clients.secrets] as unknown as AnyClient[]) inProcess.answer(client);
    const storage: typeof clients.storage = (key) => {
      const client = clients.storage(key);
      inProcess.answer(client);
      return client;
    };
    return Promise.resolve({
      clients: { ...clients, storage },
      calls: inProcess.calls,
      close: () => Promise.resolve(),
    });
  }

  private answerTo({ action, input: given }: SignedCall): unknown {
    const input = given as Input;
    const answer = this.answers[action];
    if (answer === undefined) throw new Error(`${action} is not known here`);
    return answer(input, given);
  }

  private versionWith = (label: string) => [...this.versions.values()].find(({ labels }) => labels.has(label));

  private readonly answers: Readonly<Record<string, (input: Input, given: SignedCall['input']) => unknown>> = {
    ListAccessKeys: () => ({ AccessKeyMetadata: this.keys.map((key) => ({ ...key })) }),
    CreateAccessKey: ({ UserName }) => {
      // "Access keys assigned to an IAM user: 2" (IAM quotas).
      if (this.keys.length === 2) throw new LimitExceededException({ message: '2', $metadata: {} });
      const AccessKeyId = `AKIA${String((this.made += 1)).padStart(16, '0')}`;
      this.keys.push({ UserName, AccessKeyId, Status: 'Active' });
      return { AccessKey: { UserName, AccessKeyId, SecretAccessKey: `secret-of-${AccessKeyId}`, Status: 'Active' } };
    },
    DeleteAccessKey: ({ AccessKeyId }) => {
      const place = this.keys.findIndex((key) => key.AccessKeyId === AccessKeyId);
      if (place < 0) throw new NoSuchEntityException({ message: String(AccessKeyId), $metadata: {} });
      this.keys.splice(place, 1);
      return {};
    },

    RotateSecret: ({ ClientRequestToken = '' }) => {
      for (const { labels } of this.versions.values()) labels.delete('AWSPENDING');
      const version = this.versions.get(ClientRequestToken) ?? { labels: new Set() };
      version.labels.add('AWSPENDING');
      this.versions.set(ClientRequestToken, version);
      return {};
    },
    DescribeSecret: () => ({
      RotationEnabled: this.versions.size > 0,
      VersionIdsToStages: Object.fromEntries([...this.versions].map(([id, { labels }]) => [id, [...labels]])),
    }),
    GetSecretValue: ({ VersionId, VersionStage = 'AWSCURRENT' }) => {
      const version = VersionId === undefined ? this.versionWith(VersionStage) : this.versions.get(VersionId);
      if (version?.value === undefined) throw new ResourceNotFoundException({ message: 'no value', $metadata: {} });
      return { SecretString: version.value };
    },
    PutSecretValue: ({ ClientRequestToken = '', SecretString }) => {
      const version = this.versions.get(ClientRequestToken);
      if (version === undefined) throw new Error(`version ${ClientRequestToken} was not begun`);
      if (version.value !== undefined && version.value !== SecretString)
        throw new ResourceExistsException({ message: ClientRequestToken, $metadata: {} });
      if (SecretString !== undefined) version.value = SecretString;
      // The first value of a secret is its current one, whatever is asked for.
      if (this.versionWith('AWSCURRENT') === undefined) version.labels.add('AWSCURRENT');
      return {};
    },
    UpdateSecretVersionStage: ({ VersionStage = '', RemoveFromVersionId = '', MoveToVersionId }) => {
      const from = this.versions.get(RemoveFromVersionId);
      from?.labels.delete(VersionStage);
      if (MoveToVersionId === undefined) return {};
      this.versions.get(MoveToVersionId)?.labels.add(VersionStage);
      // "If this action moves AWSCURRENT, AWSPREVIOUS moves to the version that it was removed from" (API Reference).
      if (VersionStage === 'AWSCURRENT' && from !== undefined) {
        for (const { labels } of this.versions.values()) labels.delete('AWSPREVIOUS');
        from.labels.add('AWSPREVIOUS');
      }
      return {};
    },

    HeadBucket: () => ({}),
    PutObject: ({ Key = '', Body = '' }) => {
      this.objects.set(Key, Body);
      return {};
    },
    GetObject: ({ Key = '' }) => ({ Body: { transformToString: () => Promise.resolve(this.objects.get(Key)) } }),
    DeleteObject: ({ Key = '' }) => {
      this.objects.delete(Key);
      return {};
    },
    ListObjectsV2: () => ({ Contents: [...this.objects.keys()].map((Key) => ({ Key })) }),
  };
}

const settingsOf = ({ requestHandler }: InProcess) => ({
  region,
  credentials: { accessKeyId: 'AKIAOFTHEFUNCTION000', secretAccessKey: 'secret' },
  requestHandler,
});
