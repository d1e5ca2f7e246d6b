import { describeBake } from './root/fixture';
import type { Builder } from './root/builder';
import { faults } from './root/upstream';

jest.setTimeout(60_000);

/** Holds dpkg's own lock, as another apt would, until `/run/release` is there. */
const holdLock = String.raw`use Fcntl;
open(my $lock, '>>', '/var/lib/dpkg/lock-frontend') or die $!;
my $all = pack('s! s! x4 q q i x4', F_WRLCK, SEEK_SET, 0, 0, 0);
fcntl($lock, F_SETLK, $all) or die $!;
open(my $held, '>', '/run/held'); close($held);
select(undef, undef, undef, 0.05) until -e '/run/release';`;

const until = async (instance: Builder, file: string) => {
  for (let tries = 0; (await instance.run(['test', '-e', file])).code !== 0; tries++) {
    if (tries > 200) throw new Error(`${file} does not come`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

describeBake('packages', (instances) => {
  afterEach(() => {
    instances.upstream.faults.clear();
  });

  test('the bake waits for the process that holds the lock of dpkg', async () => {
    const instance = await instances.start();
    const holder = instance.run(['perl', '-MFcntl=:seek', '-e', holdLock]);
    await until(instance, '/run/held');
    const setup = instance.script('setup.sh', { APT_LOCK_SECONDS: '30' });
    await until(instance, '/etc/apt/apt.conf.d/99boundless-bake');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const before = await instance.run(['dpkg-query', '--show', 'nvme-cli']);
    instance.write({ '/run/release': '' });
    expect(before.code).toBe(1);
    expect(await setup).toMatchObject({ code: 0, stderr: expect.stringContaining('Waiting for cache lock') as string });
    expect(await holder).toMatchObject({ code: 0 });
  });

  test('a lock that is never released ends the bake after a bounded time', async () => {
    const instance = await instances.start();
    const holder = instance.run(['perl', '-MFcntl=:seek', '-e', holdLock]);
    await until(instance, '/run/held');
    const { code, stderr } = await instance.script('setup.sh', { APT_LOCK_SECONDS: '1', APT_TRIES: '1' });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/Could not get lock.*\n[^]*apt-get .* failed 1 times/)]);
    holder.kill();
    await holder;
  });

  test('a mirror that fails for a moment is retried, one that keeps failing ends the bake', async () => {
    const instance = await instances.start();
    let asked = 0;
    instances.upstream.faults.set('/ubuntu/InRelease', (response, body) =>
      ++asked === 1 ? response.writeHead(503).end() : response.end(body),
    );
    expect(await instance.script('setup.sh', { APT_TRIES: '3' })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('try 1 of 3 failed: apt-get update') as string,
    });

    const other = await instances.start();
    instances.upstream.faults.set('/ubuntu/InRelease', faults.notFound);
    const { code, stderr } = await other.script('setup.sh');
    expect([code, stderr]).toEqual([1, expect.stringContaining('apt-get update failed 2 times')]);
  });

  test('an altered package is not installed', async () => {
    const instance = await instances.start();
    instances.upstream.faults.set('/vector/sources/vector0.9.0-1.deb', faults.altered);
    const { code, stderr } = await instance.script('setup.sh');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/(Hash Sum|size) mismatch|unexpected size/i)]);
    expect((await instance.tree()).has('/usr/bin/vector')).toBe(false);
  });

  describe('a signing key', () => {
    const keyring = '/usr/share/keyrings/boundless-vector.gpg';
    const setupWith = async (key: (keys: { archive: string; other: string }) => string) => {
      const instance = await instances.start();
      const { archive, other } = instances.upstream.keys;
      instances.upstream.faults.set('/key.asc', (response) =>
        response.end(key({ archive: archive.publicKey, other: other.publicKey })),
      );
      const { code, stderr } = await instance.script('setup.sh');
      return { code, stderr, trusted: (await instance.tree()).has(keyring) };
    };

    test('that repositories.lock does not name is refused', async () => {
      const { code, stderr, trusted } = await setupWith(({ other }) => other);
      expect([code, stderr]).toEqual([1, expect.stringContaining('has keys that repositories.lock does not name')]);
      expect(stderr).toContain(instances.upstream.keys.other.fingerprint);
      expect(trusted).toBe(false);
    });

    test('that comes beside the right one is refused as well', async () => {
      const { code, stderr, trusted } = await setupWith(({ archive, other }) => archive + other);
      expect([code, stderr]).toEqual([1, expect.stringContaining(instances.upstream.keys.other.fingerprint)]);
      expect(trusted).toBe(false);
    });
  });
});
