import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { startServer } from './process';

/** What an AWS SDK client needs to reach one account of the local AWS. */
export interface LocalClientSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
  };
}

/** An AWS-compatible server on loopback, with as many accounts as are asked for. */
export interface LocalAws {
  readonly endpoint: string;
  readonly region: string;
  /** Settings of SDK clients that act in the account. */
  clientSettings(accountId: string): Promise<LocalClientSettings>;
  /** Environment of a program that acts in the account. */
  environment(accountId: string): Promise<Record<string, string>>;
  stop(): Promise<void>;
}

const rootCredentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'local' };

/** Starts a server on a free port, and waits until it listens. */
export async function startLocalAws(region: string, log?: (line: string) => void): Promise<LocalAws> {
  const { port, stop } = await startServer(log);
  const endpoint = `http://127.0.0.1:${port}`;
  const sts = new STSClient({ endpoint, region, credentials: rootCredentials, maxAttempts: 1 });

  const clientSettings = async (accountId: string): Promise<LocalClientSettings> => {
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${accountId}:role/local`, RoleSessionName: 'local' }),
    );
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
    return {
      endpoint,
      region,
      credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
    };
  };

  return {
    endpoint,
    region,
    clientSettings,
    async environment(accountId) {
      const { credentials } = await clientSettings(accountId);
      return {
        AWS_ENDPOINT_URL: endpoint,
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_SESSION_TOKEN: credentials.sessionToken,
        AWS_EC2_METADATA_DISABLED: 'true',
      };
    },
    async stop() {
      sts.destroy();
      await stop();
    },
  };
}
