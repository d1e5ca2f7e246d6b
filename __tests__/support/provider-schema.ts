import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import {
  connect,
  createServer,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { withEverything } from './factories';
import { synthesize } from './synthesized';
import { testFolder } from './synthesized-once';

const provider = 'registry.terraform.io/hashicorp/aws';
const schemaCall = '/tfplugin6.Provider/GetProviderSchema';

type Reattached = Record<string, { readonly Addr: { readonly Network: string; readonly String: string } }>;

/** What stacks were made of before: resources that only a state still has. */
const ofBefore = ['aws_autoscaling_lifecycle_hook'];

/** Types of resources and data sources of all stacks, with every optional feature and with none. */
function typesOfStacks(): ReadonlySet<string> {
  const stacks = [...synthesize().values(), ...synthesize({ factory: withEverything() }).values()];
  return new Set([
    ...ofBefore,
    ...stacks.flatMap(({ resource, data = {}, ephemeral = {} }) =>
      [resource, data, ephemeral].flatMap((blocks) => Object.keys(blocks)),
    ),
  ]);
}

function varint(bytes: Buffer, at: number): readonly [value: number, next: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

/**
 * The message of a gRPC answer without the schemas of other types. All fields of GetProviderSchema's answer have a length
 * (`tfplugin6.proto`); an entry of a map begins with its key (Protocol Buffers, "Encoding").
 */
export function schemasOf(types: ReadonlySet<string>, answer: Buffer): Buffer {
  const kept: Buffer[] = [];
  for (let at = 5; at < answer.length;) {
    const [tag, afterTag] = varint(answer, at);
    if ((tag & 7) !== 2) throw new Error(`field ${tag >> 3} of the provider's schema has no length`);
    const [length, start] = varint(answer, afterTag);
    const entry = answer.subarray(start, start + length);
    const key = entry[0] === 0x0a ? entry.subarray(2, 2 + entry[1]!).toString('latin1') : '';
    if (!key.startsWith('aws_') || types.has(key)) kept.push(answer.subarray(at, start + length));
    at = start + length;
  }
  const head = Buffer.alloc(5);
  head.writeUInt32BE(
    kept.reduce((sum, { length }) => sum + length, 0),
    1,
  );
  return Buffer.concat([head, ...kept]);
}

/** Forwards a call, and gives back its answer as it comes. */
function forward(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, upstream: ClientHttp2Session): void {
  const request = upstream.request(headers);
  stream.pipe(request);
  let trailers: IncomingHttpHeaders = {};
  request.on('trailers', (received: IncomingHttpHeaders) => {
    trailers = received;
  });
  stream.on('wantTrailers', () => {
    stream.sendTrailers(trailers);
  });
  request.on('response', (received) => {
    stream.respond(received, { waitForTrailers: true });
    request.pipe(stream);
  });
  request.on('error', () => {
    stream.close();
  });
  stream.on('error', () => {
    request.close();
  });
}

async function schemaAnswer(headers: IncomingHttpHeaders, upstream: ClientHttp2Session): Promise<Buffer> {
  const request = upstream.request(headers);
  // A message without fields.
  request.end(Buffer.alloc(5));
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/**
 * Has Terraform ask for the schemas of the types that stacks have, for the tests of the file: the whole schema of the AWS
 * provider is 1,500 types, which take two seconds of each command. All other calls go to the provider of
 * TF_REATTACH_PROVIDERS as they are, a connection for each connection: the provider knows configurations by them. A type
 * that no stack has is one that this provider does not have.
 */
export function withSchemaOfStacks(): void {
  const before = process.env['TF_REATTACH_PROVIDERS'] ?? '';
  const reattached = JSON.parse(before) as Reattached;
  const { Addr: address } = reattached[provider]!;
  const upstreams = new Map<ServerHttp2Session, ClientHttp2Session>();
  const hash = createHash('sha256').update(before).digest('hex');
  const file = path.join(testFolder(), `provider-schema-${hash}`);

  async function schema(headers: IncomingHttpHeaders, upstream: ClientHttp2Session): Promise<Buffer> {
    if (!existsSync(file)) {
      const own = `${file}-${process.pid}`;
      writeFileSync(own, schemasOf(typesOfStacks(), await schemaAnswer(headers, upstream)));
      renameSync(own, file);
    }
    return readFileSync(file);
  }

  const server = createServer();
  server.on('session', (session) => {
    const upstream = connect(`http://${address.String}`);
    upstreams.set(session, upstream);
    session.on('close', () => {
      upstream.close();
      upstreams.delete(session);
    });
  });
  server.on('stream', (stream, headers) => {
    const upstream = upstreams.get(stream.session as ServerHttp2Session)!;
    if (headers[':path'] !== schemaCall) {
      forward(stream, headers, upstream);
      return;
    }
    schema(headers, upstream).then(
      (answer) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => {
          stream.sendTrailers({ 'grpc-status': '0' });
        });
        stream.end(answer);
      },
      (error: unknown) => {
        stream.respond({ ':status': 200, 'grpc-status': '13', 'grpc-message': String(error) }, { endStream: true });
      },
    );
  });

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const here = { ...reattached[provider], Addr: { Network: 'tcp', String: `127.0.0.1:${port}` } };
    process.env['TF_REATTACH_PROVIDERS'] = JSON.stringify({ ...reattached, [provider]: here });
  });
  afterAll(() => {
    process.env['TF_REATTACH_PROVIDERS'] = before;
    for (const upstream of upstreams.values()) upstream.destroy();
    for (const session of upstreams.keys()) session.destroy();
    server.close();
  });
}
