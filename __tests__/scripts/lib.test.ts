import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describeWith } from '../support/tools';
import { bash, localServer, temporaryFolder, type Ended } from './support';

const lib = `. ${path.resolve('scripts/lib.sh')}`;
const content = 'a release';
const sha256 = createHash('sha256').update(content).digest('hex');

describeWith(['curl', 'sha256sum'], 'fetch', () => {
  const folder = temporaryFolder();
  const server = localServer();
  const file = path.join(folder, 'file');
  const fetched = (address: string, hash = sha256): Promise<Ended> =>
    bash(`${lib}\nfetch '${address}' '${hash}' '${file}'`, {
      env: { FETCH_RETRIES: '1' },
    });

  test('keeps what has the right hash', async () => {
    server.answer = () => ({ body: content });
    expect(await fetched(server.address)).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe(content);
  });

  test('leaves nothing of what has another, not even an older file', async () => {
    server.answer = () => ({ body: 'something else' });
    const { code, stderr } = await fetched(server.address);
    expect(code).toBe(1);
    expect(stderr).toContain('is not what was expected');
    expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false]);
  });

  test('takes a page that says 404 for a failure, whatever its hash', async () => {
    server.answer = () => ({ status: 404, body: content });
    const { code, stderr } = await fetched(server.address);
    expect(code).toBe(1);
    expect(stderr).toContain('cannot be fetched');
    expect(existsSync(file)).toBe(false);
  });

  test('fails where nobody answers', async () => {
    expect(await fetched('http://127.0.0.1:9')).toMatchObject({ code: 1 });
    expect(existsSync(file)).toBe(false);
  });

  test('tries again when the server is in trouble', async () => {
    server.answer = () => (server.requests.length === 1 ? { status: 503 } : { body: content });
    expect(await fetched(server.address)).toMatchObject({ code: 0 });
    expect(server.requests).toHaveLength(2);
  });

  test.each(['', 'latest', sha256.slice(1)])('fetches nothing unverified: %j', async (hash) => {
    expect(await fetched(server.address, hash)).toMatchObject({ code: 1 });
    expect(server.requests).toEqual([]);
  });

  test.each([
    ['a hash and a name', `${sha256}  broker\n`, sha256],
    ['a hash alone', `${sha256}\n`, sha256],
    ['a page', '<html>', undefined],
    ['nothing', '', undefined],
  ])('the published hash: %s', async (_, body, expected) => {
    server.answer = ({ url }) => (url === '/broker.sha256' ? { body } : { status: 404 });
    const { code, stdout } = await bash(`${lib}\npublished_sha256 ${server.address}/broker`);
    expect([code, stdout]).toEqual(expected === undefined ? [1, ''] : [0, `${expected}\n`]);
  });
});

describe('retry', () => {
  const folder = temporaryFolder();

  test('stops when the command succeeds', async () => {
    const count = path.join(folder, 'count');
    const script = `${lib}\nonce_more() { echo x >> ${count}; [[ $(wc -l < ${count}) -eq 2 ]]; }\nretry 5 0 once_more`;
    expect(await bash(script)).toMatchObject({ code: 0 });
    expect(readFileSync(count, 'utf8')).toBe('x\nx\n');
  });

  test('gives up after its tries', async () => {
    const { code, stderr } = await bash(`${lib}\nretry 3 0 false`);
    expect(code).toBe(1);
    expect(stderr.match(/failed: false/g)).toHaveLength(2);
  });
});

test.each([
  ['v1.2.2', 'v1.2.2', 0],
  ['v1.2.2', 'v1.2.10', 0],
  ['v1.2.2', 'v1.10.0', 0],
  ['v1.2.2', 'v1.2.1', 1],
  ['v1.10.0', 'v1.9.9', 1],
])('at_least %s %s', async (least, version, code) => {
  expect(await bash(`${lib}\nat_least ${least} ${version}`)).toMatchObject({ code });
});
