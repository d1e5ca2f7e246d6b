import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { identityPolicy, listOf } from '../../../support/policies';
import { stackOf, type SynthesizedStack } from '../../../support/synthesized';

/** A call of S3 as IAM sees it. */
export interface S3Call {
  readonly action: string;
  readonly resource: string;
  /** What a listing asks for. */
  readonly prefix: string | undefined;
}

const actions: Readonly<Record<string, string>> = {
  GET: 's3:GetObject',
  // There is no right to HEAD (S3 API Reference, "HeadObject").
  HEAD: 's3:GetObject',
  PUT: 's3:PutObject',
  DELETE: 's3:DeleteObject',
};

function callOf(method: string, url: string): S3Call {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const [bucket = '', ...key] = pathname.slice(1).split('/');
  const arn = `arn:aws:s3:::${bucket}`;
  if (key.join('/') === '') return { action: 's3:ListBucket', resource: arn, prefix: searchParams.get('prefix') ?? '' };
  return { action: actions[method] ?? method, resource: `${arn}/${key.join('/')}`, prefix: undefined };
}

/** Stands between Terraform's backend and the local AWS, and notes what is asked of S3. */
export async function recordS3(endpoint: string) {
  const calls: S3Call[] = [];
  const { hostname: host, port } = new URL(endpoint);
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '/', headers } = incoming;
    calls.push(callOf(method, url));
    const onward = httpRequest({ host, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: calls as readonly S3Call[],
    /** The calls until now, which are forgotten. */
    take: () => calls.splice(0),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Whether a role of an account may make the call. */
export const allows = (
  stacks: ReadonlyMap<string, SynthesizedStack>,
  environment: string,
  role: string,
  { action, resource, prefix }: S3Call,
): boolean =>
  identityPolicy(stackOf(stacks, environment), role).some(
    ({ Effect, Action, Resource, Condition }) =>
      Effect === 'Allow' &&
      listOf(Action).includes(action) &&
      listOf(Resource).includes(resource) &&
      (prefix === undefined || listOf(Condition?.['StringLike']?.['s3:prefix']).includes(prefix)),
  );
