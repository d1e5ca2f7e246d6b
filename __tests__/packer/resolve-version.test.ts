import path from 'node:path';
import { isSupportedBento } from '../../config/bento-releases';
import { brokerReleases } from '../../config/broker/releases';
import { localServer, run } from '../scripts/support';
import { describeWith } from '../support/tools';

const script = path.resolve('packer/build/resolve-version.sh');
const bundle = 'bento-bundle-linux-amd64.tar.gz';

const release = (tag: string, changes: { assets?: string[]; draft?: boolean; prerelease?: boolean } = {}) => ({
  tag_name: tag,
  draft: changes.draft ?? false,
  prerelease: changes.prerelease ?? false,
  assets: (changes.assets ?? [bundle, `${bundle}.sha256`]).map((name) => ({ name })),
});

describeWith(['curl', 'jq'], 'resolve-version', () => {
  const server = localServer();
  const resolve = (version: string | undefined, env: Record<string, string> = {}) =>
    run(script, version === undefined ? [] : [version], { env: { API_URL: server.address, ...env } });
  const pages = (...contents: unknown[]) => {
    server.answer = ({ url }) => {
      const page = Number(new URL(url!, 'http://localhost').searchParams.get('page'));
      return { body: JSON.stringify(contents[page - 1] ?? []) };
    };
  };
  const resolved = (version: string, broker = version) => ({
    code: 0,
    stdout: `export VERSION=${version}\nexport BROKER_VERSION=${broker}\n`,
  });

  test('latest is the highest supported release that can be installed and verified', async () => {
    pages([
      release('bento-v1.2.10', { prerelease: true }),
      release('bento-v1.2.11', { draft: true }),
      release('bento-v1.2.12', { assets: [bundle] }),
      release('bento-v1.2.13-rc1'),
      release('broker-v1.2.14'),
      release('bento-v1.1.2'),
      release('bento-v1.2.9'),
      release('bento-v1.2.2'),
      release('bento-v0.9.0'),
    ]);
    expect(await resolve('latest')).toEqual({ ...resolved('v1.2.9', 'v1.2.2'), stderr: '' });
    expect(server.requests).toEqual(['/repos/boundless-xyz/boundless/releases?per_page=100&page=1']);
  });

  test.each([
    ['bento-v1.3.0', 'v1.3.0'],
    ['bento-v1.4.0', 'v1.4.0'],
    ['prover-v2.0.2', 'v2.0.2'],
  ])('a newer release that is not supported, %s, is reported and not used', async (tag, version) => {
    pages([release('bento-v1.2.2'), release(tag)]);
    const { stderr, ...rest } = await resolve('latest');
    expect(rest).toEqual(resolved('v1.2.2'));
    expect(stderr).toBe(
      `resolve-version: notice: Bento ${version} is out; the images support releases before v1.3.0, and take v1.2.2\n`,
    );
  });

  test('without an argument, BOUNDLESS_VERSION is used, and latest is the default', async () => {
    pages([release('bento-v1.2.2')]);
    expect(await resolve(undefined, { BOUNDLESS_VERSION: 'v1.1.0' })).toMatchObject(resolved('v1.1.0'));
    expect(await resolve(undefined)).toMatchObject(resolved('v1.2.2'));
  });

  test('all pages are read', async () => {
    pages(
      Array.from({ length: 100 }, (_, number) => release(`other-v1.0.${number}`)),
      [release('bento-v1.2.1')],
    );
    expect(await resolve('latest')).toMatchObject(resolved('v1.2.1'));
  });

  test.each([
    ['v1.0.0', 'v1.0.0'],
    ['v1.0.1', 'v1.0.0'],
    ['v1.0.2', 'v1.0.2'],
    ['v1.1.0', 'v1.1.0'],
    ['v1.1.1', 'v1.1.1'],
    ['v1.1.2', 'v1.1.2'],
    ['v1.2.0', 'v1.2.0'],
    ['v1.2.1', 'v1.2.1'],
    ['v1.2.2', 'v1.2.2'],
    ['v1.2.10', 'v1.2.2'],
  ])('%s needs no request, and its broker is %s', async (version, broker) => {
    expect(await resolve(version)).toMatchObject(resolved(version, broker));
    expect(server.requests).toEqual([]);
  });

  test('the caller can choose another broker', async () => {
    expect(await resolve('v1.2.0', { BROKER_VERSION: 'v1.2.2' })).toMatchObject(resolved('v1.2.0', 'v1.2.2'));
  });

  const range = 'releases from v1.0.0 up to, not including, v1.3.0; use latest, or one of them';
  test.each([
    ['v2.0.0', `Bento v2.0.0 is not supported, but ${range}`],
    ['v1.3.0', `Bento v1.3.0 is not supported, but ${range}`],
    ['v1.10.0', `Bento v1.10.0 is not supported, but ${range}`],
    ['v0.13.0', `Bento v0.13.0 is not supported, but ${range}`],
    ['1.2.2', "BOUNDLESS_VERSION is '1.2.2', not a version; use latest, or a release such as v1.2.2"],
    ['v1.2', 'not a version'],
    ['v1.02.2', 'not a version'],
    ['v1.2.2-rc1', 'not a version'],
    ['v1.2.2\nexport X=1', 'not a version'],
    ['$(reboot)', 'not a version'],
  ])('refuses %j', async (version, reason) => {
    const { code, stdout, stderr } = await resolve(version);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(reason);
  });

  test.each(['newest', 'v1.0.1', 'v1.4.0', 'v1.0.0 v1.0.2', 'v1.0.'])('refuses the broker %j', async (broker) => {
    const { code, stdout, stderr } = await resolve('v1.2.2', { BROKER_VERSION: broker });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(
      `BROKER_VERSION is '${broker}', not one of v1.0.0 v1.0.2 v1.1.0 v1.1.1 v1.1.2 v1.2.0 v1.2.1 v1.2.2; leave it empty`,
    );
  });

  test.each([
    ['an error', { status: 403, body: '{"message":"rate limit exceeded"}' }, 'does not list the releases'],
    ['no list', { body: '{"message":"moved"}' }, 'not a list of releases'],
    ['no JSON', { body: '<html>' }, 'not a list of releases'],
    ['no release', { body: '[]' }, 'there is no release'],
    ['releases that are not supported', { body: JSON.stringify([release('bento-v1.4.0')]) }, 'there is no release'],
    ['a list of something else', { body: '[{"tag_name":"bento-v1.2.2"}]' }, 'not a list of releases'],
  ])('fails and names the reason when the answer is %s', async (_, answer, reason) => {
    server.answer = () => answer;
    const { code, stdout, stderr } = await resolve('latest');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(reason);
  });

  test('takes each broker of the contract', async () => {
    const known = brokerReleases.map((release) => `v${release}`);
    for (const broker of known)
      expect(await resolve('v1.2.2', { BROKER_VERSION: broker })).toMatchObject(resolved('v1.2.2', broker));
  });

  test.each(['v0.99.99', 'v1.0.0', 'v1.0.1', 'v1.2.0', 'v1.2.99', 'v1.3.0', 'v1.3.1', 'v1.20.0', 'v2.0.0', 'v10.0.0'])(
    'the configuration supports %s if, and only if, a build does',
    async (version) => {
      expect(isSupportedBento(version)).toBe((await resolve(version)).code === 0);
    },
  );
});
