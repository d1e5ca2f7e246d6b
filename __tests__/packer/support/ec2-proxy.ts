import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call of EC2: its action and parameters. */
export interface Ec2Call {
  readonly action: string;
  readonly parameters: URLSearchParams;
}

export interface Ec2Answer {
  readonly status?: number;
  readonly body: string;
}

/** AWS CodeBuild API Reference, "Build". */
export interface BuildRecord {
  readonly id: string;
  readonly buildStatus: string;
  readonly exportedEnvironmentVariables: readonly { readonly name: string; readonly value: string }[];
}

/** A proxy between programs and the local AWS, which gives answers that that cannot: that there is no capacity, for example. */
export interface Ec2Proxy {
  readonly endpoint: string;
  /** Actions of EC2, in order. */
  readonly actions: readonly string[];
  /** Answers a call in the place of the local AWS; undefined lets it through. */
  answer: (call: Ec2Call) => Ec2Answer | undefined;
  /** CodeBuild's record of a build, as BatchGetBuilds has it; undefined for a build that it does not know. */
  record: (buildId: string) => BuildRecord | undefined;
  /** Changes what the local AWS answered. */
  change: (call: Ec2Call, body: string) => string;
  reset(): void;
  close(): Promise<void>;
}

const requestId = '<requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>';

/** An answer of EC2 (API Reference, "Making requests to the Amazon EC2 API"). */
export const ec2Answer = (action: string, content: string): Ec2Answer => ({
  body: `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${requestId}${content}</${action}Response>`,
});

export const ec2Error = (code: string, message: string): Ec2Answer => ({
  status: 400,
  body: `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>0</RequestID></Response>`,
});

/** An answer of DescribeImages in which the image was made at another time. */
export const dated = (body: string, id: string, time: string): string =>
  body.replace(new RegExp(`(<item>(?:(?!<item>)[^])*?<imageId>${id}</imageId>[^]*?<creationDate>)[^<]*`), `$1${time}`);

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Starts a proxy to the local AWS; for as long as nothing is set, every call goes through. */
export async function startEc2Proxy(endpoint: string): Promise<Ec2Proxy> {
  const actions: string[] = [];
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  const proxy: Ec2Proxy = {
    endpoint: '',
    actions,
    answer: () => undefined,
    record: () => undefined,
    change: (_, body) => body,
    reset() {
      actions.length = 0;
      proxy.answer = () => undefined;
      proxy.change = (_, body) => body;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const parameters = new URLSearchParams(body.toString());
    const call = { action: parameters.get('Action') ?? '', parameters };
    if (request.headers['x-amz-target'] === 'CodeBuild_20161006.BatchGetBuilds') {
      const { ids } = JSON.parse(body.toString()) as { ids: readonly string[] };
      const type = { 'content-type': 'application/x-amz-json-1.1' };
      response.writeHead(200, type).end(JSON.stringify({ builds: ids.flatMap((id) => proxy.record(id) ?? []) }));
      return;
    }
    const isEc2 = request.headers.authorization?.includes('/ec2/aws4_request') === true;
    if (isEc2) actions.push(call.action);
    const answer = isEc2 ? proxy.answer(call) : undefined;
    if (answer !== undefined) {
      response.writeHead(answer.status ?? 200, { 'content-type': 'text/xml' }).end(answer.body);
      return;
    }
    const { method, headers, url = '/' } = request;
    const upstream = httpRequest(new URL(url, endpoint), { method, headers }).end(body);
    const [answered] = (await once(upstream, 'response')) as [IncomingMessage];
    const text = (await bodyOf(answered)).toString();
    const changed = isEc2 ? proxy.change(call, text) : text;
    const kept = { ...answered.headers, 'content-length': String(Buffer.byteLength(changed)) };
    response.writeHead(answered.statusCode ?? 500, kept).end(changed);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(proxy, { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}
