import { IAMClient, type IAMClientConfig } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { boundedClient, type ClientOverrides } from '../common/bounded-client';
import type { Settings } from './settings';
import type { Waits } from './waits';

/** A static key of the storage's user, as instances read it (docs/boot.md). */
export interface StorageKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** How the function reaches AWS. */
export interface Clients {
  readonly iam: IAMClient;
  readonly secrets: SecretsManagerClient;
  /** Bento's way to its bucket: with the key, and by path. The caller destroys it. */
  readonly storage: (key: StorageKey) => S3Client;
}

/** What every step works with. */
export interface Run {
  readonly clients: Clients;
  readonly settings: Settings;
  readonly waits: Waits;
}

/** @param config what differs from the function's environment and from the limits above */
export function awsClients(config: ClientOverrides<IAMClientConfig> = {}): Clients {
  const common = { ...boundedClient, ...config };
  return {
    iam: new IAMClient(common),
    secrets: new SecretsManagerClient(common),
    storage: (credentials) => new S3Client({ ...common, credentials, forcePathStyle: true }),
  };
}
