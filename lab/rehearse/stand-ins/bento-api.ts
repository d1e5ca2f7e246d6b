import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of a proof: it is made after some looks, fails, never ends, or the API answers 500. */
export type Behaviour = 'works' | 'fails' | 'hangs' | 'errors';

export interface BentoApi {
  readonly address: string;
  stark: Behaviour;
  groth16: Behaviour;
  /** What is downloaded of a Groth16 proof. */
  receipt: string;
  /** How many of the next calls are answered with 500, whatever they are. */
  errors: number;
  /** Calls so far, ids left out. */
  readonly calls: string[];
  close(): Promise<void>;
}

/** How often a proof is looked at before it is done. */
const looks = 1;

interface Reply {
  readonly status: number;
  readonly body: string;
}

const json = (value: unknown, status = 200): Reply => ({ status, body: JSON.stringify(value) });
const error = json({ type: 'InternalErr', msg: 'internal error' }, 500);

const uuid = /[0-9a-f]{8}-[0-9a-f-]{27}/;

/**
 * Stands in for Bento's API on loopback, with the routes and answers of rest_api v1.2.2 (bento/crates/api/src/lib.rs).
 * It proves nothing.
 */
export async function startBentoApi(): Promise<BentoApi> {
  const looked = new Map<string, number>();
  const create = (): Reply => {
    const id = randomUUID();
    looked.set(id, 0);
    return json({ uuid: id });
  };
  const status = (kind: 'stark' | 'groth16', id: string): Reply => {
    const count = looked.get(id);
    if (count === undefined || api[kind] === 'errors') return error;
    looked.set(id, count + 1);
    if (api[kind] === 'fails') return json({ status: 'FAILED', error_msg: `${kind} compress failed` });
    const running = api[kind] === 'hangs' || count < looks;
    return json({ status: running ? 'RUNNING' : 'SUCCEEDED', error_msg: null });
  };
  const answer = ({ method = '', url = '', headers }: IncomingMessage, body: string): Reply => {
    const route = `${method} ${url.replace(uuid, ':id').replace(/[0-9a-f]{64}/, ':image')}`;
    const id = uuid.exec(url)?.[0] ?? '';
    const place = (where: string): Reply => json({ uuid: randomUUID(), url: `http://${headers.host ?? ''}${where}` });
    api.calls.push(route);
    if (api.errors > 0) {
      api.errors -= 1;
      return error;
    }
    switch (route) {
      case 'GET /health':
        return json({ status: 'healthy' });
      case 'GET /images/upload/:image':
      case 'GET /inputs/upload':
        return place(`/inputs/upload/${randomUUID()}`);
      case 'PUT /inputs/upload/:id':
        return { status: 200, body: '' };
      case 'POST /sessions/create':
        return api.stark === 'errors' ? error : create();
      case 'GET /sessions/status/:id':
        return status('stark', id);
      case 'GET /receipts/:id':
        return place(`/receipts/stark/receipt/${id}`);
      case 'GET /receipts/stark/receipt/:id':
        return { status: 200, body: 'receipt' };
      case 'POST /snark/create': {
        const { session_id: session = '' } = JSON.parse(body) as { session_id?: string };
        return looked.has(session) ? create() : error;
      }
      case 'GET /snark/status/:id':
        return status('groth16', id);
      case 'GET /receipts/groth16/receipt/:id':
        return { status: 200, body: api.receipt };
      default:
        return { status: 404, body: '' };
    }
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const reply = answer(request, body);
      response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const api: BentoApi = {
    address: `http://127.0.0.1:${port}`,
    stark: 'works',
    groth16: 'works',
    receipt: 'groth16 receipt',
    errors: 0,
    calls: [],
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return api;
}
