import { describeBake, releaseOf } from './root/fixture';
import type { Builder } from './root/builder';
import { brokerHelp } from './root/programs';
import { brokerPath, bundlePath, faults, sha256 } from './root/upstream';

jest.setTimeout(60_000);

describeBake('downloads', (instances) => {
  let manager: Builder;
  let prover: Builder;
  beforeAll(async () => {
    [manager, prover] = await Promise.all([instances.start(), instances.start()]);
    for (const [instance, image] of [
      [manager, 'manager'],
      [prover, 'prover'],
    ] as const) {
      const { code, stderr } = await instance.script('setup.sh', { IMAGE: image });
      if (code !== 0) throw new Error(stderr);
    }
  });
  afterEach(() => {
    instances.upstream.faults.clear();
  });

  const bundle = bundlePath('v1.2.2');
  const reasons = {
    notFound: /cannot be fetched \(HTTP status 404\)/,
    broken: /cannot be fetched \(HTTP status 503\)/,
    truncated: /cannot be fetched/,
    unreachable: /cannot be fetched/,
    slow: /cannot be fetched/,
    altered: /is not what was expected: its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}/,
  } satisfies Record<keyof typeof faults, RegExp>;
  const names = Object.keys(faults) as (keyof typeof faults)[];

  // In the order of the installation: what comes before the failing one is there already. All goes through one function:
  // the bundle shows each fault, the others that they do go through it.
  describe.each([
    ["the bundle's checksum", 'manager', `${bundle}.sha256`, '/usr/local/bin/bento-agent', ['altered', 'broken']],
    ['the bundle', 'manager', bundle, '/usr/local/bin/bento-agent', names],
    ['the broker', 'manager', brokerPath('v1.2.2'), '/usr/local/bin/broker', ['altered', 'truncated']],
    ["NVIDIA's key", 'prover', '/key.asc', '/usr/share/keyrings/boundless-nvidia-cuda.gpg', ['altered', 'notFound']],
    [
      'proving keys',
      'prover',
      '/risc0-groth16',
      '/opt/risc0/extensions/v0.1.0-risc0-groth16',
      ['altered', 'truncated'],
    ],
    ['BLAKE3 keys', 'prover', '/blake3.tar.xz', '/opt/blake3-groth16', ['altered', 'unreachable']],
  ] as const)('%s', (_, image, url, target, faultNames) => {
    // What has no hash of its own is altered into a page.
    const page = /key|sha256$/.test(url);

    test.each(faultNames)('%s: the bake fails, logs the reason, and leaves no part of the file', async (name) => {
      const instance = image === 'manager' ? manager : prover;
      const altered = name === 'altered' && page;
      instances.upstream.faults.set(url, altered ? (response) => response.end('<html>') : faults[name]);
      const { code, stderr } = await instance.script(`setup-${image}.sh`, { IMAGE: image, FETCH_TRIES: '1' });
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(altered ? /holds no SHA-256|is no key/ : reasons[name]),
      ]);
      expect(stderr).toContain(url);
      expect((await instance.tree()).has(target)).toBe(false);
    });
  });

  test('a request to a server that fails for a moment is retried', async () => {
    let asked = 0;
    instances.upstream.faults.set(brokerPath('v1.2.2'), (response, body) =>
      ++asked === 1 ? response.writeHead(503).end() : response.end(body),
    );
    expect(await manager.script('setup-manager.sh')).toMatchObject({ code: 0 });
    expect(asked).toBe(2);
  });

  test('a page that is not found is requested once', async () => {
    instances.upstream.requests.length = 0;
    instances.upstream.faults.set('/blake3.tar.xz', faults.notFound);
    expect(await prover.script('setup-prover.sh', { IMAGE: 'prover' })).toMatchObject({ code: 1 });
    expect(instances.upstream.requests.filter((url) => url === '/blake3.tar.xz')).toHaveLength(1);
  });

  test('a file inside an archive is checked by its own hash, even where the archive has none', async () => {
    const lock = prover.read('/var/tmp/boundless/scripts/downloads.lock');
    const unknown = lock.replace(/^(blake3-groth16 v3) \S+/m, '$1 -');
    prover.write({
      '/var/tmp/boundless/scripts/downloads.lock': unknown.replace(/^(verify_\S+ v3) \S+/m, `$1 ${'0'.repeat(64)}`),
    });
    const lax = { IMAGE: 'prover', REQUIRE_VERIFIED_DOWNLOADS: 'false' };
    const { code, stderr } = await prover.script('setup-prover.sh', lax);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('verify_for_guest_final.zkey of blake3-groth16 is not what'),
    ]);
    expect((await prover.tree()).has('/opt/blake3-groth16')).toBe(false);

    prover.write({ '/var/tmp/boundless/scripts/downloads.lock': unknown });
    const strict = await prover.script('setup-prover.sh', { IMAGE: 'prover' });
    expect([strict.code, strict.stderr]).toEqual([
      1,
      expect.stringMatching(/nobody vouches for blake3-groth16 v3.*make lock ACCEPT=blake3-groth16/),
    ]);

    const recorded = await prover.script('setup-prover.sh', lax);
    expect([recorded.code, recorded.stderr]).toEqual([0, expect.stringContaining('unverified: blake3-groth16 v3')]);
    expect(releaseOf(prover).artifacts).toContainEqual({
      name: 'blake3-groth16',
      version: 'v3',
      url: `${instances.upstream.address}/blake3.tar.xz`,
      sha256: sha256(instances.upstream.files.get('/blake3.tar.xz')!),
      verified: 'unverified',
    });
    prover.write({ '/var/tmp/boundless/scripts/downloads.lock': lock });
    expect(await prover.script('setup-prover.sh', { IMAGE: 'prover' })).toMatchObject({ code: 0 });
    expect(releaseOf(prover).artifacts.find(({ name }) => name === 'blake3-groth16')?.verified).toBe('lock');
  });

  test('a broker without a published checksum needs one from the operator', async () => {
    const old = { BOUNDLESS_VERSION: 'v1.2.1' };
    expect(await manager.script('setup.sh', old)).toMatchObject({ code: 0 });
    const without = await manager.script('setup-manager.sh', old);
    expect([without.code, without.stderr]).toEqual([1, expect.stringContaining('set broker_sha256')]);
    const wrong = await manager.script('setup-manager.sh', { ...old, BROKER_SHA256: '0'.repeat(64) });
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('is not what was expected')]);
    expect(await manager.script('setup-manager.sh', { ...old, BROKER_SHA256: sha256(brokerHelp) })).toMatchObject({
      code: 0,
    });
    expect(releaseOf(manager)).toMatchObject({ version: 'v1.2.1', broker_version: 'v1.2.1' });
    expect(releaseOf(manager).artifacts.find(({ name }) => name === 'broker')?.verified).toBe('given');
  });

  test('a disk that is too small for a download fails before the download', async () => {
    const instance = await instances.start(9000);
    instances.upstream.requests.length = 0;
    const { code, stderr } = await instance.setup('prover');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/risc0-groth16 needs 10240 MiB on \/var\/cache\/boundless, and \d+ MiB are available/),
    ]);
    expect(instances.upstream.requests).not.toContain('/risc0-groth16');
  });

  test('a program that does not run is not installed', async () => {
    const instance = await instances.start();
    const broken = '#!/bin/sh\nexit 3\n';
    instances.upstream.faults.set(brokerPath('v1.2.1'), (response) => response.end(broken));
    const env = { BOUNDLESS_VERSION: 'v1.2.1', BROKER_SHA256: sha256(broken) };
    const { code, stderr } = await instance.setup('manager', env);
    expect([code, stderr]).toEqual([1, expect.stringContaining('broker does not run')]);
    expect((await instance.tree()).has('/usr/local/bin/broker')).toBe(false);
  });
});
