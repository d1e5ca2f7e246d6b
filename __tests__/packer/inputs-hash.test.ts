import {
  chmodSync,
  cpSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { forPacker } from '../../lab/local-bake/adapt';
import { readTemplates } from '../../lab/local-bake/templates';
import { run, temporaryFolder } from '../scripts/support';
import { describeWith } from '../support/tools';

jest.setTimeout(60_000);

const what = { IMAGE: 'manager', VERSION: 'v1.2.2', BROKER_VERSION: 'v1.2.2', SOURCE_AMI: 'ami-0123456789abcdef0' };

describeWith(['sha256sum', 'find'], 'the hash of the inputs', () => {
  const folder = temporaryFolder();
  let checkouts = 0;

  /** A copy of what a build reads. */
  function checkout(): string {
    checkouts += 1;
    const root = path.join(folder, `checkout ${checkouts}`);
    for (const name of ['packer', 'scripts', 'service_files']) cpSync(name, path.join(root, name), { recursive: true });
    return root;
  }

  async function hashOf(root: string, env: Readonly<Record<string, string>> = {}, cwd = root): Promise<string> {
    const script = path.join(root, 'packer/build/inputs-hash.sh');
    const { code, stdout, stderr } = await run(script, [path.join(folder, 'list', 'inputs.txt')], {
      cwd,
      env: { ...what, ...env },
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^export INPUTS_HASH=[0-9a-f]{64}\n$/);
    return stdout;
  }

  const root = checkout();
  let hash: string;
  beforeAll(async () => {
    hash = await hashOf(root);
  });

  test('is the same for the same inputs: in another folder, at another time, from elsewhere, in any language', async () => {
    const other = checkout();
    utimesSync(path.join(other, 'scripts/setup.sh'), 0, 0);
    chmodSync(path.join(other, 'packer/source.pkr.hcl'), 0o600);
    for (const [env, cwd] of [
      [{ LC_ALL: 'C.UTF-8', TZ: 'Asia/Tokyo' }, other],
      [{ LANG: 'de_DE.UTF-8', CODEBUILD_BUILD_ID: 'other:2', CODEBUILD_RESOLVED_SOURCE_VERSION: 'fff' }, '/'],
    ] as const)
      expect(await hashOf(other, env, cwd)).toBe(hash);
  });

  test.each([
    ['packer/buildspec.yml'],
    ['packer/build/bake.sh'],
    ['packer/manifest.json'],
    ['packer/packer.log'],
    ['README.md'],
  ])('does not change with %s, which is in no image', async (file) => {
    const other = checkout();
    writeFileSync(path.join(other, file), '#\n', { flag: 'a' });
    expect(await hashOf(other)).toBe(hash);
  });

  test.each([
    ['packer/source.pkr.hcl'],
    ['packer/plugins.pkr.hcl'],
    ['packer/team.auto.pkrvars.hcl'],
    ['packer/tools.lock'],
    ['packer/build/resolve-version.sh'],
    ['scripts/setup.sh'],
    ['scripts/.hidden'],
    ['scripts/lib/of/its/own.sh'],
    ['scripts/downloads.lock'],
    ['service_files/vector.yaml'],
  ])('changes with a byte of %s, and with whether it may be run', async (file) => {
    const other = checkout();
    const changed = path.join(other, file);
    mkdirSync(path.dirname(changed), { recursive: true });
    writeFileSync(changed, '#', { flag: 'a' });
    const withByte = await hashOf(other);
    expect(withByte).not.toBe(hash);
    chmodSync(changed, statSync(changed).mode & 0o111 ? 0o644 : 0o755);
    expect(await hashOf(other)).not.toBe(withByte);
  });

  test('changes with the name of a file', async () => {
    const other = checkout();
    renameSync(path.join(other, 'scripts/setup.sh'), path.join(other, 'scripts/set-up.sh'));
    expect(await hashOf(other)).not.toBe(hash);
  });

  test.each([
    ['IMAGE', 'prover'],
    ['VERSION', 'v1.2.1'],
    ['BROKER_VERSION', 'v1.2.1'],
    ['SOURCE_AMI', 'ami-0123456789abcdef1'],
    ['BROKER_SHA256', '0'.repeat(64)],
    ['ENVIRONMENT', 'staging'],
    ['IMAGE_KMS_ARN', 'alias/other'],
    ['REQUIRE_VERIFIED_DOWNLOADS', 'false'],
    ['ROOT_VOLUME_GIB', '50'],
    ['GPU_ROOT_VOLUME_GIB', '50'],
  ])('changes with %s', async (name, value) => {
    expect(await hashOf(root, { [name]: value })).not.toBe(hash);
  });

  test.each([
    ['INSTANCE_TYPE', 'c7a.2xlarge'],
    ['SPOT', 'false'],
    ['SUBNET_ID', 'subnet-0123456789abcdef0'],
    ['IMAGE_WAIT_MINUTES', '5'],
  ])('does not change with %s, which the image does not know', async (name, value) => {
    expect(await hashOf(root, { [name]: value })).toBe(hash);
  });

  test('covers every file that the templates upload', async () => {
    const locals = JSON.stringify(forPacker(await readTemplates(), '1.14.3').templates.get('locals.pkr.hcl'));
    const uploaded = [...locals.matchAll(/\$\{path\.root\}\/([\w./-]+)/g)].map(([, file]) =>
      path.join('packer', file!),
    );
    expect(uploaded.length).toBeGreaterThan(0);
    for (const file of uploaded) {
      const other = checkout();
      const changed = path.join(other, file.includes('.') ? file : `${file}/new`);
      writeFileSync(changed, '#', { flag: 'a' });
      expect([file, (await hashOf(other)) === hash]).toEqual([file, false]);
    }
  });

  test.each([
    [
      'a link',
      (other: string) => {
        symlinkSync('/etc/passwd', path.join(other, 'scripts/link'));
      },
      {},
      'scripts/link is no plain file',
    ],
    [
      'a folder that is missing',
      (other: string) => {
        rmSync(path.join(other, 'scripts'), { recursive: true });
      },
      {},
      'No such file',
    ],
    ['no such image', () => undefined, { IMAGE: 'worker' }, "IMAGE is 'worker'; use manager, prover or bento"],
    ['no version', () => undefined, { VERSION: '' }, 'VERSION is empty; resolve-version.sh'],
    ['no source image', () => undefined, { SOURCE_AMI: '' }, 'SOURCE_AMI is empty'],
  ])('refuses %s', async (_, change, env, reason) => {
    const other = checkout();
    change(other);
    const script = path.join(other, 'packer/build/inputs-hash.sh');
    const { code, stdout, stderr } = await run(script, [path.join(folder, 'refused')], { env: { ...what, ...env } });
    expect([code === 0, stdout]).toEqual([false, '']);
    expect(stderr).toContain(reason);
  });
});
