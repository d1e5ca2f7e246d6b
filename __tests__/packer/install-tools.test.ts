import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { localServer, run, temporaryFolder, writeStandIns, type Answer } from '../scripts/support';
import { describeWith } from '../support/tools';

const sha256Of = (body: Buffer | string): string => createHash('sha256').update(body).digest('hex');
const program = '#!/bin/sh\necho Packer v9.9.9\n';
const archive = Buffer.from(zipSync({ packer: strToU8(program), 'LICENSE.txt': strToU8('text') }));
const packet = 'a package';
/** Notes how it is called; its plugins are programs that print what they are. */
const packerOfPlugins = `#!/bin/sh
echo "$1 $2 $3 $("$4") $5" > "$(dirname "$0")/plugins"
`;
const zipped = (files: Readonly<Record<string, string>>) =>
  Buffer.from(zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)]))));

describeWith(['bash', 'curl', 'unzip', 'sha256sum'], 'install-tools', () => {
  const folder = temporaryFolder();
  const server = localServer();
  let runs = 0;

  async function install(
    lock: (address: string) => string,
    answers: Readonly<Record<string, Answer>> = {},
    cached: Readonly<Record<string, string | Buffer>> = {},
  ) {
    const work = path.join(folder, String((runs += 1)));
    const cache = path.join(work, 'cache');
    mkdirSync(cache, { recursive: true });
    for (const [name, body] of Object.entries(cached)) writeFileSync(path.join(cache, name), body);
    const files: Readonly<Record<string, Answer>> = {
      '/packer_9.9.9_linux_amd64.zip': { body: archive },
      '/plugin.deb': { body: packet },
      ...answers,
    };
    server.answer = ({ url = '' }) => files[url] ?? { status: 404 };
    const [lockFile, bin, installed] = ['tools.lock', 'bin', 'installed'].map((name) => path.join(work, name));
    writeFileSync(lockFile!, lock(server.address));
    const standIns = writeStandIns(path.join(work, 'stand-ins'), {
      sudo: '"$@"',
      dpkg: `cat "\${@: -1}" > '${installed}'`,
    });
    const ended = await run('packer/build/install-tools.sh', [], {
      standIns,
      env: { TOOLS_LOCK: lockFile!, TOOLS_BIN: bin!, TOOLS_CACHE: cache, TMPDIR: work },
    });
    const content = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);
    return { ...ended, work, packer: path.join(bin!, 'packer'), plugin: content(installed!), content };
  }

  const packerLine = (address: string, sha256 = sha256Of(archive)) =>
    `packer 9.9.9 ${sha256} ${address}/packer_9.9.9_linux_amd64.zip\n`;
  const pluginLine = (address: string, sha256 = sha256Of(packet)) => `plugin 1.0 ${sha256} ${address}/plugin.deb\n`;

  test('installs programs of archives and packages, and nothing else of an archive', async () => {
    const { code, stdout, packer, plugin, content } = await install(
      (address) => `# why\n\n${packerLine(address)}${pluginLine(address)}`,
    );
    expect([code, stdout]).toEqual([0, 'installed packer 9.9.9\ninstalled plugin 1.0\n']);
    expect([content(packer), plugin]).toEqual([program, packet]);
    expect(statSync(packer).mode & 0o777).toBe(0o755);
    expect(existsSync(path.join(path.dirname(packer), 'LICENSE.txt'))).toBe(false);
    expect(await run(packer, [])).toMatchObject({ stdout: 'Packer v9.9.9\n' });
  });

  test.each<[string, (address: string) => string, Readonly<Record<string, Answer>>, string]>([
    [
      'what was changed on its way',
      packerLine,
      { '/packer_9.9.9_linux_amd64.zip': { body: Buffer.concat([archive, Buffer.from('x')]) } },
      'packer 9.9.9 does not match',
    ],
    [
      'what is not there',
      packerLine,
      { '/packer_9.9.9_linux_amd64.zip': { status: 404 } },
      'packer 9.9.9 cannot be fetched from',
    ],
    ['a wrong checksum', (address) => pluginLine(address, '0'.repeat(64)), {}, 'plugin 1.0 does not match'],
    ['no checksum', (address) => pluginLine(address, '-'), {}, 'has no SHA-256 for plugin'],
    [
      'an archive without the program',
      (address) => packerLine(address).replace('packer 9', 'terraform 9'),
      {},
      'terraform',
    ],
    [
      'another kind of file',
      (address) => `tool 1 ${sha256Of('x')} ${address}/tool.tar\n`,
      { '/tool.tar': { body: 'x' } },
      'neither .zip nor .deb',
    ],
    ['an empty lock', () => '# nothing\n', {}, 'names no tools'],
  ])('refuses %s, and installs nothing', async (_, lock, answers, reason) => {
    const { code, stdout, stderr, packer, plugin } = await install(lock, answers);
    expect([code === 0, stdout, existsSync(packer), plugin]).toEqual([false, '', false, undefined]);
    expect(stderr).toContain(reason);
  });

  describe('a download of an earlier build', () => {
    const name = 'packer_9.9.9_linux_amd64.zip';
    const gone: Readonly<Record<string, Answer>> = { [`/${name}`]: { status: 404 } };

    test('is used without asking again', async () => {
      const { code, packer, content } = await install(packerLine, gone, { [name]: archive });
      expect([code, content(packer)]).toEqual([0, program]);
    });

    test('that was changed in the cache is fetched again, and never used', async () => {
      const poisoned = zipped({ packer: '#!/bin/sh\necho poisoned\n' });
      const { code, stderr, packer, content } = await install(packerLine, {}, { [name]: poisoned });
      expect([code, content(packer)]).toEqual([0, program]);
      expect(stderr).toContain('the cached packer 9.9.9 does not match');
      const refused = await install(packerLine, gone, { [name]: poisoned });
      expect([refused.code === 0, existsSync(refused.packer)]).toEqual([false, false]);
    });

    test('stays for the next build only if it matches the lock', async () => {
      const { work } = await install(packerLine);
      expect(readFileSync(path.join(work, 'cache', name)).equals(archive)).toBe(true);
      const changed = await install(packerLine, { [`/${name}`]: { body: 'changed' } });
      expect(existsSync(path.join(changed.work, 'cache', name))).toBe(false);
    });
  });

  test("gives Packer its plugin from an archive whose hash is the lock's", async () => {
    const tool = zipped({ packer: packerOfPlugins });
    const plugin = zipped({
      'packer-plugin-amazon_v1.8.1_x5.0_linux_amd64': '#!/bin/sh\necho the-plugin\n',
      'LICENSE.txt': 'x',
    });
    const line = (name: string, version: string, body: Buffer, address: string) =>
      `${name} ${version} ${sha256Of(body)} ${address}/${name}_${version}_linux_amd64.zip\n`;
    const lock = (address: string) =>
      line('packer', '9.9.9', tool, address) + line('packer-plugin-amazon', '1.8.1', plugin, address);
    const { code, packer, content } = await install(lock, {
      '/packer_9.9.9_linux_amd64.zip': { body: tool },
      '/packer-plugin-amazon_1.8.1_linux_amd64.zip': { body: plugin },
    });
    expect([code, content(path.join(path.dirname(packer), 'plugins'))]).toEqual([
      0,
      'plugins install --path the-plugin github.com/hashicorp/amazon\n',
    ]);
  });
});
