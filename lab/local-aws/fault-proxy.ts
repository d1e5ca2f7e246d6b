import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorAnswer, type Fault, type Protocol } from './proxy-faults';

/** One call as it went over the proxy. */
export interface Call {
  /** As IAM names it, for example `ec2:DescribeImages`. */
  readonly action: string;
  /** ARN of the role whose session signed the call; undefined for credentials that were not got on this proxy. */
  readonly role: string | undefined;
}

/** A proxy between a program and the local AWS: it notes every call, and lets some go wrong. */
export interface FaultProxy {
  readonly endpoint: string;
  readonly calls: readonly Call[];
  close(): Promise<void>;
}

/** Decides over a call before it is made. `index` counts from 0. */
export type Decide = (call: Call, index: number) => Fault | undefined;

interface Incoming {
  readonly body: Buffer;
  readonly service: string;
  readonly operation: string;
  readonly accessKeyId: string;
  readonly protocol: Protocol;
}

/** An operation of S3, as the SDK names it in its addresses; of those on whole buckets only the look at one is known. */
const s3Operation = ({ method, url = '/' }: IncomingMessage): string | null =>
  new URL(url, 'http://s3').searchParams.get('x-id') ?? (method === 'HEAD' ? 'HeadBucket' : null);

/** @throws Error for what is no signed call of the query or JSON protocol, or of S3 */
async function read(request: IncomingMessage): Promise<Incoming> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  const { accessKeyId, service } =
    /Credential=(?<accessKeyId>[^/]+)\/\d+\/[^/]+\/(?<service>[^/]+)\//.exec(request.headers.authorization ?? '')
      ?.groups ?? {};
  const target = request.headers['x-amz-target'];
  const protocol = service === 's3' ? 'rest' : typeof target === 'string' ? 'json' : 'query';
  const operation =
    protocol === 'rest'
      ? s3Operation(request)
      : typeof target === 'string'
        ? target.split('.').pop()
        : new URLSearchParams(body.toString()).get('Action');
  if (accessKeyId === undefined || service === undefined || typeof operation !== 'string')
    throw new Error(`The proxy does not understand ${String(request.method)} ${String(request.url)}`);
  return { body, service, operation, accessKeyId, protocol };
}

/** Lets a call through, and gives back the answer of the local AWS. */
async function forward(endpoint: string, { method, headers, url = '/' }: IncomingMessage, body: Buffer) {
  const upstream = httpRequest(new URL(url, endpoint), { method, headers }).end(body);
  const [answer] = (await once(upstream, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: Buffer.concat(parts) };
}

/** Lays a proxy to the local AWS. Without `decide`, every call goes through. */
export async function startFaultProxy(endpoint: string, decide: Decide = () => undefined): Promise<FaultProxy> {
  const calls: Call[] = [];
  const roles = new Map<string, string>();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { body, service, operation, accessKeyId, protocol } = await read(request);
    const call = { action: `${service}:${operation}`, role: roles.get(accessKeyId) };
    const fault = decide(call, calls.push(call) - 1);
    if (fault === 'hang') return;
    if (fault === 'delay') await sleep(100);
    else if (fault !== undefined && fault !== 'lose') {
      const { status, type, body: error } = errorAnswer(service, protocol, fault);
      response.writeHead(status, { 'content-type': type }).end(error);
      return;
    }
    const answer = await forward(endpoint, request, body);
    const [, key] = /<AccessKeyId>([^<]+)</.exec(answer.body.toString()) ?? [];
    const role = new URLSearchParams(body.toString()).get('RoleArn');
    if (operation === 'AssumeRole' && key !== undefined && role !== null) roles.set(key, role);
    if (fault === 'lose') request.socket.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    calls,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
