import path from 'node:path';
import { scriptsOf, type Builder, type Image } from './root/builder';
import { describeBake, releaseOf, type Release } from './root/fixture';
import { newKernel } from './root/packages';
import { brokerPath, bundlePath } from './root/upstream';

jest.setTimeout(60_000);

const images: readonly Image[] = ['manager', 'prover', 'bento'];

/** An instance that an image was set up on, and what it had then. */
interface SetUp {
  readonly instance: Builder;
  readonly tree: ReadonlyMap<string, string>;
  readonly release: Release;
}

describeBake('setting up an image', (instances) => {
  const made = new Map<Image, Promise<SetUp>>();
  async function setUp(image: Image): Promise<SetUp> {
    const instance = await instances.start();
    const { code, stderr } = await instance.setup(image);
    if (code !== 0) throw new Error(stderr);
    return { instance, tree: await instance.tree(), release: releaseOf(instance) };
  }
  /** Each image once in this file. */
  function once(image: Image): Promise<SetUp> {
    const found = made.get(image) ?? setUp(image);
    made.set(image, found);
    return found;
  }

  describe.each(images)('%s', (image) => {
    let instance: Builder;
    let tree: ReadonlyMap<string, string>;
    beforeAll(async () => {
      ({ instance, tree } = await once(image));
    });

    test('has the programs, keys and units of its roles, and no others', () => {
      const names = (pattern: RegExp) => [...tree.keys()].flatMap((file) => pattern.exec(file)?.slice(1) ?? []).sort();
      const manager = image !== 'prover';
      const prover = image !== 'manager';
      expect(names(/^\/usr\/local\/bin\/(.+)/)).toEqual(
        manager ? ['bento-agent', 'bento-cli', 'bento-rest-api', 'broker'] : ['bento-agent'],
      );
      const units = names(/^\/etc\/systemd\/system\/(bento-[^/]+)$/);
      expect(units.includes('bento-api.service')).toBe(manager);
      expect(units.includes('bento-queue.timer')).toBe(manager);
      expect(units.includes('bento-smoke@.service')).toBe(manager);
      expect(units.includes('bento-prover.target')).toBe(prover);
      expect(units).toEqual(
        expect.arrayContaining([
          'bento-configure.service',
          'bento-drain.service',
          'bento-refresh.service',
          'bento-refresh.timer',
          'bento-replace@.service',
        ]),
      );
      expect(tree.has('/opt/risc0/extensions/v0.1.0-risc0-groth16/stark_verify_final.zkey')).toBe(prover);
      expect(tree.has('/opt/blake3-groth16/verify_for_guest_final.zkey')).toBe(prover);
      expect(tree.get('/usr/local/lib/boundless/bin/postgresql')).toBe(
        manager ? 'l 777 root:root /usr/lib/postgresql/16/bin ' : undefined,
      );
    });

    test('has the programs that run at boot, and the templates of what they write', () => {
      const boot = [...tree].filter(([file]) => file.startsWith('/usr/local/lib/boundless/stand_in'));
      expect(boot.map(([file, facts]) => [path.basename(file), facts.slice(0, 15)])).toEqual([
        ['stand_in', 'd 755 root:root'],
        ['main.py', 'f 755 root:root'],
        ['module.py', 'f 644 root:root'],
      ]);
      expect(tree.get('/usr/local/share/boundless/vector.yaml')).toMatch(/^f 644 root:root/);
    });

    test('enables the configuration and the drain, and nothing else of ours', () => {
      const enabled = [...tree.keys()].filter((file) => /\.wants\/(bento|postgresql|valkey|redis|vector)/.test(file));
      expect(enabled.map((file) => path.basename(file))).toEqual(['bento-configure.service', 'bento-drain.service']);
      for (const unit of [
        'vector.service',
        ...(image === 'prover' ? [] : ['postgresql.service', 'valkey-server.service']),
      ])
        expect(tree.get(`/etc/systemd/system/${unit}`)).toBe('l 777 root:root /dev/null ');
    });

    test('is owned by root, and by bento where it writes', () => {
      for (const [file, facts] of tree) {
        if (!/^\/(opt|usr\/local|etc\/(bento|systemd))\//.test(file)) continue;
        expect([file, facts]).toEqual([file, expect.stringMatching(/^(l 777|[df] [67][45][45]) root:root /)]);
      }
      expect(tree.get('/etc/bento')).toMatch(/^d 750 root:bento/);
      expect(tree.get('/var/lib/bento')).toMatch(/^d 750 bento:bento/);
      expect(tree.get('/etc/bento/release.json')).toMatch(/^f 644 root:root/);
    });

    test('records every download, where it is from and who vouches for it', () => {
      const release = releaseOf(instance);
      expect(release).toMatchObject({ image, version: 'v1.2.2', broker_version: 'v1.2.2' });
      const expected = {
        'bento-bundle': 'published',
        ...(image === 'prover' ? {} : { broker: 'published' }),
        ...(image === 'manager' ? {} : { 'blake3-groth16': 'lock', 'risc0-groth16': 'lock' }),
        ...(image === 'manager'
          ? {}
          : { 'cuda-libraries-13-0': 'signed-repository', 'nvidia-cuda-keyring': 'signed-repository' }),
        ...(image === 'manager' ? {} : { 'nvidia-open': 'signed-repository' }),
        vector: 'signed-repository',
        'vector-keyring': 'signed-repository',
      };
      expect(Object.fromEntries(release.artifacts.map(({ name, verified }) => [name, verified]))).toEqual(expected);
      for (const { url, sha256, version } of release.artifacts) {
        expect([url, sha256]).toEqual([
          expect.stringContaining(instances.upstream.address),
          expect.stringMatching(/^[0-9a-f]{64}$/),
        ]);
        expect(version).not.toBe('');
      }
    });

    test('has its security updates on, and kernel and driver held', async () => {
      const { stdout } = await instance.run(['apt-mark', 'showhold']);
      expect(stdout.split('\n')).toEqual(expect.arrayContaining(['linux-aws', `linux-image-${newKernel}`, 'vector']));
      expect(stdout.includes('nvidia-open\n')).toBe(image !== 'manager');
      expect(stdout.includes(`linux-headers-${newKernel}\n`)).toBe(image !== 'manager');
      expect(instance.read('/etc/apt/apt.conf.d/52boundless-updates')).toContain('Unattended-Upgrade "1"');
      expect(instance.calls()).toContain('systemctl stop apt-daily.timer apt-daily-upgrade.timer');
    });

    test('is the same after a second run, which reports that there was nothing to change', async () => {
      const { code, stderr } = await instance.setup(image);
      expect(code).toBe(0);
      expect(stderr).not.toMatch(/changed:/);
      expect(stderr.match(/nothing to change/g)).toHaveLength(scriptsOf(image).length);
      expect(await instance.tree()).toEqual(tree);
    });

    test('passes its verification once it has booted its new kernel', async () => {
      instance.write({ '/run/kernel': `${newKernel}\n` });
      const { code, stderr } = await instance.script('verify.sh', { IMAGE: image });
      expect([code, stderr]).toEqual([0, expect.stringMatching(/all \d+ checks passed/)]);
    });
  });

  test('Bento before v1.2 has no BLAKE3 keys, and its broker is the one that it belongs to', async () => {
    const instance = await instances.start();
    const env = { BOUNDLESS_VERSION: 'v1.0.1', REQUIRE_VERIFIED_DOWNLOADS: 'false' };
    const { code, stderr } = await instance.setup('bento', env);
    expect([code, stderr]).toEqual([0, expect.stringContaining('unverified: broker v1.0.0')]);
    expect((await instance.tree()).has('/opt/blake3-groth16')).toBe(false);
    expect(releaseOf(instance).artifacts).toContainEqual(
      expect.objectContaining({ name: 'broker', version: 'v1.0.0', verified: 'unverified' }),
    );
    expect(instances.upstream.requests).toEqual(expect.arrayContaining([bundlePath('v1.0.1'), brokerPath('v1.0.0')]));
    // What was let in unverified is not good enough for a bake that demands more.
    const again = await instance.script('setup-manager.sh', {
      ...env,
      IMAGE: 'bento',
      REQUIRE_VERIFIED_DOWNLOADS: 'true',
    });
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('set broker_sha256')]);
  });

  test('an interruption at any point leaves what the next run completes', async () => {
    const clean = await once('bento');
    const instance = await instances.start();
    // Ends the script, subshells and all, before its n-th command.
    instance.write({
      '/stand-ins/kill.sh': "set -o functrace\ntrap '((++ran < KILL_AT)) || kill -KILL $$ $BASHPID' DEBUG\n",
    });
    const interrupted: (number | null)[] = [];
    for (const name of scriptsOf('bento'))
      for (const at of [40, 130, 220, 310])
        interrupted.push(
          (await instance.script(name, { IMAGE: 'bento', BASH_ENV: '/stand-ins/kill.sh', KILL_AT: String(at) })).code,
        );
    expect(interrupted.filter((code) => code === 137).length).toBeGreaterThan(6);
    expect(interrupted).not.toContain(1);
    expect(() => releaseOf(instance)).not.toThrow();
    const { code, stderr } = await instance.setup('bento');
    expect([code, stderr]).toEqual([0, expect.stringContaining('done:')]);
    const withoutKill = new Map([...(await instance.tree())].filter(([file]) => file !== '/stand-ins/kill.sh'));
    expect([...withoutKill.keys()]).toEqual([...clean.tree.keys()]);
    expect(releaseOf(instance)).toEqual(clean.release);
  });

  test('a run that dies in the middle of dpkg is repaired by the next', async () => {
    const instance = await instances.start();
    expect(await instance.script('setup.sh')).toMatchObject({ code: 0 });
    instance.write({ '/run/wait-in-postinst': '' });
    const run = instance.script('setup-manager.sh');
    const exists = async () => (await instance.run(['test', '-e', '/run/in-postinst'])).code === 0;
    while (!(await exists())) await new Promise((resolve) => setTimeout(resolve, 50));
    run.kill();
    await run;
    await instance.run(['rm', '/run/wait-in-postinst']);
    const { code, stderr } = await instance.script('setup-manager.sh');
    expect([code, stderr]).toEqual([0, expect.stringContaining('packages that an interrupted run had left')]);
  });

  test('cloud-init that recovered from an error is good enough, one that failed is not', async () => {
    const instance = await instances.start();
    instance.write({ '/run/cloud-init-status': '1' });
    expect(await instance.script('setup.sh')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cloud-init failed') as string,
    });
    instance.write({ '/run/cloud-init-status': '2' });
    expect(await instance.script('setup.sh')).toMatchObject({ code: 0 });
  });

  test('a disk that is too small is refused by name, before anything is installed', async () => {
    const instance = await instances.start(1024);
    const { code, stderr } = await instance.script('setup.sh');
    expect(code).toBe(1);
    expect(stderr).toMatch(/the setup of every image needs 4096 MiB on \/, and \d+ MiB are available/);
    expect(stderr).not.toContain('Setting up');
  });

  test.each([
    ['IMAGE', 'worker', /IMAGE is 'worker'; use manager, prover or bento/],
    ['BOUNDLESS_VERSION', 'v2.0.0', /v2\.0\.0 is not supported/],
  ])('%s=%s is refused', async (name, value, message) => {
    const instance = await instances.start();
    const { code, stderr } = await instance.script('setup.sh', { [name]: value });
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
  });
});
