import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { pythonWithServer } from './python';

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

const startLimitMs = 60_000;
const rootCredentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'local' };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function ready(sts: STSClient, server: ChildProcess, output: () => string): Promise<void> {
  for (const deadline = Date.now() + startLimitMs; ;) {
    if (server.exitCode !== null)
      throw new Error(`The local AWS ended with exit code ${server.exitCode}:\n${output()}`);
    try {
      await sts.send(new GetCallerIdentityCommand({}));
      return;
    } catch (error) {
      if (Date.now() > deadline)
        throw new Error(`The local AWS did not answer in ${startLimitMs / 1000} s`, { cause: error });
      await sleep(100);
    }
  }
}

/** Starts the server on a free port and waits until it answers. */
export async function startLocalAws(region: string, log?: (line: string) => void): Promise<LocalAws> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const here = path.resolve('lab', 'local-aws');
  const server = spawn(pythonWithServer(log), [path.join(here, 'server.py'), '-p', String(port)], {
    env: { ...process.env, MOTO_AMIS_PATH: path.join(here, 'images.json'), PYTHONDONTWRITEBYTECODE: '1' },
    // The server ends when this end of its standard input does: no crash of ours leaves it running.
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let tail = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (tail = (tail + text).slice(-4000)));

  const sts = new STSClient({ endpoint, region, credentials: rootCredentials, maxAttempts: 1 });
  await ready(sts, server, () => tail);

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
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGKILL');
        await once(server, 'exit');
      }
    },
  };
}
