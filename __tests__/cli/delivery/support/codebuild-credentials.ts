import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type AddressInfo, type Server } from 'node:net';
import path from 'node:path';
import type { LocalAws } from '../../../../lab/local-aws';

/** What a build finds in CodeBuild: credentials of its role at an address, and STS behind TLS. */
export interface BuildCredentials {
  /** Environment of a program that runs in the build. */
  readonly environment: Readonly<Record<string, string>>;
  /** Roles that were taken, in order. */
  readonly assumed: string[];
  close(): void;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/**
 * Gives a program the credentials of an account as CodeBuild gives them to a build. AWS's SDK for Go, which Terraform's
 * backend uses, asks the STS of the region for a profile's role and ignores `AWS_ENDPOINT_URL`: a proxy brings those
 * calls to the local AWS, and notes which roles are asked for.
 */
export async function codeBuildCredentials(
  aws: LocalAws,
  accountId: string,
  folder: string,
): Promise<BuildCredentials> {
  const { credentials } = await aws.clientSettings(accountId);
  const assumed: string[] = [];
  const backend = new URL(aws.endpoint);

  const [key, certificate] = [path.join(folder, 'sts.key'), path.join(folder, 'sts.pem')];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
      .concat(['-subj', '/CN=amazonaws.com', '-addext', `subjectAltName=DNS:*.${aws.region}.amazonaws.com`])
      .concat(['-keyout', key, '-out', certificate]),
    { stdio: 'ignore' },
  );
  const sts = createHttpsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const onward = httpRequest({ host: backend.hostname, port: backend.port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    let body = '';
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
    incoming.on('end', () => {
      const role = new URLSearchParams(body).get('RoleArn');
      if (role !== null) assumed.push(role);
      onward.end(body);
    });
  });
  const stsPort = await listening(sts);
  const proxy = createHttpServer().on('connect', (_, client, head: Buffer) => {
    const server = connect(stsPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.write(head);
      server.pipe(client).pipe(server);
    });
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
  });
  const container = createHttpServer((_, answer) => {
    const Expiration = new Date(Date.now() + 3_600_000).toISOString();
    const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token } = credentials;
    answer.setHeader('content-type', 'application/json');
    answer.end(JSON.stringify({ AccessKeyId, SecretAccessKey, Token, Expiration }));
  });
  const [proxyPort, containerPort] = [await listening(proxy), await listening(container)];

  return {
    assumed,
    environment: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${containerPort}/credentials`,
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_REGION: aws.region,
      AWS_DEFAULT_REGION: aws.region,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SHARED_CREDENTIALS_FILE: path.join(folder, 'none'),
      HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`,
      // The SDK asks the second before the first, where an instance has it set.
      SSL_CERT_FILE: certificate,
      AWS_CA_BUNDLE: certificate,
      TF_CLI_ARGS_init: '-backend-config=use_path_style=true',
    },
    close() {
      for (const server of [sts, proxy, container]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
