import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { run } from '../support';

/** What the boot reads at a path, from a metadata service that answers so. */
async function read(answer: RequestListener, path = 'instance-id'): Promise<{ code: number | null; said: string }> {
  const server: Server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const program = `
from bento_boot import metadata
metadata.PAUSE_S = 0.01
metadata.TRIES = 4
print(metadata.Metadata().get("${path}"))`;
  const { code, stdout, stderr } = await run('python3', ['-B', '-c', program], {
    env: { PYTHONPATH: 'scripts/boot', AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}` },
  });
  server.close();
  return { code, said: (stdout + stderr).trim().split('\n').at(-1)! };
}

const service =
  (values: Readonly<Record<string, string>>, failing = 0): RequestListener =>
  (request, response) => {
    failing -= 1;
    if (failing >= 0) response.writeHead(503).end();
    else if (request.method === 'PUT')
      response.writeHead(request.headers['x-aws-ec2-metadata-token-ttl-seconds'] === '300' ? 200 : 400).end('token');
    else if (request.headers['x-aws-ec2-metadata-token'] !== 'token') response.writeHead(401).end();
    else {
      const value = values[request.url!.replace('/latest/meta-data/', '')];
      response.writeHead(value === undefined ? 404 : 200).end(value);
    }
  };

test('a value, by a token', async () => {
  expect(await read(service({ 'instance-id': 'i-0123' }))).toEqual({ code: 0, said: 'i-0123' });
});

test('what is not there is nothing, and no error', async () => {
  expect(await read(service({}))).toEqual({ code: 0, said: 'None' });
});

test('a service that is in trouble for a moment is asked again', async () => {
  expect(await read(service({ 'instance-id': 'i-0123' }, 3))).toEqual({ code: 0, said: 'i-0123' });
});

test('an answer that breaks off is asked for again', async () => {
  const whole = service({ 'instance-id': 'i-0123' });
  let broken = 2;
  expect(
    await read((request, response) => {
      if (request.method === 'GET' && (broken -= 1) >= 0) {
        response.writeHead(200, { 'content-length': 100 });
        response.write('i-', () => response.destroy());
      } else whole(request, response);
    }),
  ).toEqual({ code: 0, said: 'i-0123' });
});

test('one without tokens is no service of EC2: nothing is "not there"', async () => {
  const { code, said } = await read((_, response) => response.writeHead(404).end());
  expect([code, said]).toEqual([1, expect.stringContaining('does not answer for instance-id: 404')]);
});

test('one that is absent is an error as well', async () => {
  const { code, said } = await read((request) => request.socket.destroy());
  expect([code, said]).toEqual([1, expect.stringContaining('does not answer for instance-id')]);
});

test('one that never answers is an error that says what to look at', async () => {
  const { code, said } = await read(service({}, 100));
  expect(code).toBe(1);
  expect(said).toMatch(/does not answer for instance-id: 503 .*is it enabled for this instance/);
});
