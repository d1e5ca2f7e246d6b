import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import { imageKinds } from '../../config/names';
import { forPacker } from '../../lab/local-bake/adapt';
import { readTemplates, writeTemplates } from '../../lab/local-bake/templates';
import { hasPlugins, packerVersion } from '../../lab/local-bake/version';
import { run, temporaryFolder } from '../scripts/support';
import { describeWith } from '../support/tools';

jest.setTimeout(60_000);

describeWith(['packer'], 'packer', () => {
  // Laid out like the repository, since provisioners upload the folders beside `packer`.
  const root = temporaryFolder();
  const folder = path.join(root, 'packer');

  beforeAll(async () => {
    const version = await packerVersion();
    const { templates } = forPacker(await readTemplates(), version);
    await writeTemplates(templates, folder, { withPlugins: hasPlugins(version) });
    for (const name of ['scripts', 'service_files']) cpSync(name, path.join(root, name), { recursive: true });
    cpSync('packer/build', path.join(folder, 'build'), { recursive: true });
    if (hasPlugins(version)) expect(await run('packer', ['init', folder])).toMatchObject({ code: 0 });
  });

  const validate = (...args: string[]) => run('packer', ['validate', ...args, folder]);

  test('fmt would change nothing', async () => {
    expect(await run('packer', ['fmt', '-check', '-diff', 'packer/'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test.each(imageKinds)('validates %s, on spot and on demand', async (image) => {
    for (const spot of ['true', 'false']) {
      const { code, stdout } = await validate(`-only=${image}.*`, '-var', `spot=${spot}`);
      // Packer before 1.8 prints nothing where nothing is wrong.
      expect([code, stdout.trim()]).toEqual([0, expect.stringMatching(/^(The configuration is valid\.)?$/)]);
    }
  });

  test.each([
    ['source_ami=ami-0a1b2c3d4e5f60001'],
    ['image_wait_minutes=90'],
    ['boundless_version=v1.2.2'],
    ['broker_version=v1.0.0'],
    ['service_account_ids=["222222222222","333333333333"]'],
    ['environment=staging'],
    ['require_verified_downloads=false'],
    ['report_dir=.build/report'],
    [`broker_sha256=${'0'.repeat(64)}`],
  ])('takes %s', async (variable) => {
    expect(await validate('-var', variable)).toMatchObject({ code: 0 });
  });

  test.each([
    ['boundless_version=1.2.2', 'latest, or a release such as v1.2.2'],
    ['boundless_version=v1.2', 'latest, or a release such as v1.2.2'],
    ['boundless_version=', 'latest, or a release such as v1.2.2'],
    ['boundless_version=v1.3.0', 'from v1.0.0 up to, not including, v1.3.0'],
    ['boundless_version=v2.0.0', 'from v1.0.0 up to, not including, v1.3.0'],
    ['boundless_version=v1.2.2;reboot', 'latest, or a release such as v1.2.2'],
    ['source_ami=ubuntu', 'empty, or an image id such as ami-0123456789abcdef0'],
    ['image_wait_minutes=0', 'from 1 to 480'],
    ['image_wait_minutes=481', 'from 1 to 480'],
    ['broker_version=latest', 'empty, or a release such as v1.2.2'],
    ['broker_sha256=abc', '64 hexadecimal digits'],
    ['service_account_ids=["1234"]', 'account ids of 12 digits'],
    ['service_account_ids=["222222222222","all"]', 'account ids of 12 digits'],
    ['service_account_ids=[""]', 'account ids of 12 digits'],
    ['environment=', 'a name such as production'],
    ['kms_key_id=', 'must not be empty'],
    ['report_dir=', 'must name a folder'],
  ])('refuses %s', async (variable, message) => {
    const { code, stdout, stderr } = await validate('-var', variable);
    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`.replace(/\s+/g, ' ')).toContain(message);
  });

  test('uploads what is there', async () => {
    const locals = JSON.stringify((await readTemplates()).get('locals.pkr.hcl'));
    const files = [...locals.matchAll(/\$\{path\.root\}\/([\w./-]+)/g)].map(([, file]) => path.join('packer', file!));
    expect(files).toEqual(['scripts', 'service_files', 'packer/build/resolve-version.sh']);
    for (const file of files) expect([file, existsSync(file)]).toEqual([file, true]);
  });
});
