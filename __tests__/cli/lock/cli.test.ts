import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lockCommand } from '../../../cli/lock/cli';
import { parseLock } from '../../../cli/lock/lock-file';
import { localServer, run, temporaryFolder } from '../../scripts/support';
import { runCommand } from '../../support/run-command';

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
const folder = temporaryFolder();
const file = path.join(folder, 'test.lock');
const server = localServer();
const lock = (...args: string[]) => runCommand(lockCommand, args);

/** An archive of the vendor's form, with one file that is known by a hash of its own. */
function archive(): Buffer {
  mkdirSync(path.join(folder, 'keys'), { recursive: true });
  writeFileSync(path.join(folder, 'keys/final.zkey'), 'ceremony');
  return execFileSync('tar', ['-cJ', '-C', folder, 'keys']);
}
const keys = archive();
beforeEach(() => {
  server.answer = ({ url }) =>
    url === '/keys' ? { body: keys } : url === '/tool' ? { body: 'tool' } : { status: 404 };
});

/** Writes the lock file of a test; addresses are of the local server. */
const write = (...lines: string[]) => {
  writeFileSync(file, ['# a comment that stays', ...lines, ''].join('\n').replaceAll('http:', server.address));
};
const content = () => readFileSync(file, 'utf8').replaceAll(server.address, 'http:');

test('prints its usage', async () => {
  expect(await run(process.execPath, ['cli/run.mjs', 'cli/main.ts', 'lock', '--help'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('usage: make lock') as string,
  });
  expect(await lock('--acept', 'x')).toMatchObject({ code: 2, stderr: expect.stringContaining('--acept') as string });
});

test('a download with the locked hash leaves the lock as it is, and what apt verifies is not downloaded', async () => {
  write(`tool 1.0 ${sha256('tool')} http:/tool`, 'vector 1.0 signed repository:vector');
  const before = content();
  const { code, stdout } = await lock(file);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/same +tool 1\.0\nsigned +vector 1\.0/)]);
  expect([content(), server.requests]).toEqual([before, ['/tool']]);
});

test('a new version gets its hash; comments and all else stay', async () => {
  write('tool 2.0 ? http:/tool', `other 1.0 ${sha256('tool')} http:/tool`);
  expect(await lock('--dry-run', file)).toMatchObject({ code: 0 });
  expect(content()).toContain('tool 2.0 ? http:/tool');
  expect(await lock('--check', file)).toMatchObject({ code: 1 });
  expect(content()).toContain('tool 2.0 ? http:/tool');
  const { code, stdout } = await lock(file);
  expect([code, stdout]).toEqual([0, expect.stringContaining(`tool 2.0: ? -> ${sha256('tool')}`)]);
  expect(content()).toBe(
    `# a comment that stays\ntool 2.0 ${sha256('tool')} http:/tool\nother 1.0 ${sha256('tool')} http:/tool\n`,
  );
});

test.each([
  ['another file of the same version', '0'.repeat(64), 'the version is the same, and the file another'],
  ['a file that nobody vouches for', '-', 'nobody vouches for it'],
])('%s is taken only where a person accepts it', async (_, old, reason) => {
  write(`tool 1.0 ${old} http:/tool`);
  const before = content();
  for (const args of [[], ['--check'], ['--accept', 'another']]) {
    const { code, stdout } = await lock(...args, file);
    expect([code, stdout]).toEqual([1, expect.stringContaining(`tool 1.0: ${old} -> ${sha256('tool')}`)]);
    expect(stdout).toContain(`${reason}; if you trust it: make lock ACCEPT=tool`);
    expect(content()).toBe(before);
  }
  expect(await lock('--accept', 'tool', file)).toMatchObject({ code: 0 });
  expect(content()).toContain(`tool 1.0 ${sha256('tool')} http:/tool`);
});

test('a file inside an archive is checked, and its hash is never changed', async () => {
  write('keys v3 ? http:/keys', `final.zkey v3 ${sha256('ceremony')} in:keys`);
  expect(await lock(file)).toMatchObject({ code: 0 });
  expect(content()).toContain(`keys v3 ${sha256(keys)} http:/keys`);

  write('keys v3 ? http:/keys', `final.zkey v3 ${'0'.repeat(64)} in:keys`);
  const before = content();
  const { code, stdout } = await lock('--accept', 'keys,final.zkey', file);
  expect([code, stdout]).toEqual([
    1,
    expect.stringContaining(`final.zkey inside has the SHA-256 ${sha256('ceremony')}`),
  ]);
  expect(content()).toBe(before);
});

test('a failed download is reported, and the others are done', async () => {
  write('gone 1.0 ? http:/gone', 'tool 1.0 ? http:/tool');
  const { code, stdout } = await lock(file);
  expect([code, stdout]).toEqual([
    1,
    expect.stringMatching(/failed +gone 1\.0: .*\/gone cannot be fetched: HTTP status 404/),
  ]);
  expect(content()).toContain(`tool 1.0 ${sha256('tool')} http:/tool`);
  expect(content()).toContain('gone 1.0 ? http:/gone');
});

test.each([
  ['tool 1.0 http://x', 'This is no line of a lock file'],
  ['tool 1.0 abc http://x', "tool has 'abc' in the place of its SHA-256"],
  ['tool 1.0 - http://x\ntool 2.0 - http://x', 'tool is there twice'],
])('%j is refused', (text, message) => {
  expect(() => parseLock(text)).toThrow(message);
});

test('the lock files of the repository can be read, and a content-addressed download has the hash of its address', () => {
  for (const name of ['scripts/downloads.lock', 'packer/tools.lock']) {
    const entries = parseLock(readFileSync(name, 'utf8'));
    expect(entries.length).toBeGreaterThan(0);
    for (const { address, sha256: hash } of entries) {
      expect(address).toMatch(/^(https:\/\/|in:|repository:)/);
      // The store of this vendor is content-addressed.
      const addressed = /\/sha256\/([0-9a-f]{64})$/.exec(address)?.[1];
      if (addressed !== undefined) expect(hash).toBe(addressed);
    }
  }
});
