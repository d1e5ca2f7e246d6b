import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bash, temporaryFolder } from './support';

const common = `. ${path.resolve('scripts/lib/common.sh')}`;

describe('retry', () => {
  const folder = temporaryFolder();

  test('stops when the command succeeds', async () => {
    const count = path.join(folder, 'count');
    const script = `${common}\nonce_more() { echo x >> ${count}; [[ $(wc -l < ${count}) -eq 2 ]]; }\nretry 5 0 once_more`;
    expect(await bash(script)).toMatchObject({ code: 0 });
    expect(readFileSync(count, 'utf8')).toBe('x\nx\n');
  });

  test('gives up after its tries', async () => {
    const { code, stderr } = await bash(`${common}\nretry 3 0 false`);
    expect(code).toBe(1);
    expect(stderr.match(/failed: false/g)).toHaveLength(3);
  });
});

test.each([
  ['v1.2.2', 'v1.2.2', 0],
  ['v1.2.2', 'v1.2.10', 0],
  ['v1.2.2', 'v1.10.0', 0],
  ['v1.2.2', 'v1.2.1', 1],
  ['v1.10.0', 'v1.9.9', 1],
])('at_least %s %s', async (least, version, code) => {
  expect(await bash(`${common}\nat_least ${least} ${version}`)).toMatchObject({ code });
});
