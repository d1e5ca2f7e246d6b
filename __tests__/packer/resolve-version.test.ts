import path from 'node:path';
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
  const said = (version: string, broker = version) => ({
    code: 0,
    stdout: `export VERSION=${version}\nexport BROKER_VERSION=${broker}\n`,
  });

  test('latest is the highest release of Bento that can be installed and verified', async () => {
    pages([
      release('prover-v2.0.2'),
      release('bento-v2.0.0'),
      release('bento-v1.11.0', { prerelease: true }),
      release('bento-v1.12.0', { draft: true }),
      release('bento-v1.13.0', { assets: [bundle] }),
      release('bento-v1.14.0-rc1'),
      release('broker-v1.15.0'),
      release('bento-v1.9.0'),
      release('bento-v1.10.1'),
      release('bento-v1.2.2'),
    ]);
    expect(await resolve('latest')).toMatchObject(said('v1.10.1'));
    expect(server.requests).toEqual(['/repos/boundless-xyz/boundless/releases?per_page=100&page=1']);
  });

  test('without an argument, BOUNDLESS_VERSION says it, and latest is the default', async () => {
    pages([release('bento-v1.2.2')]);
    expect(await resolve(undefined, { BOUNDLESS_VERSION: 'v1.1.0' })).toMatchObject(said('v1.1.0'));
    expect(await resolve(undefined)).toMatchObject(said('v1.2.2'));
  });

  test('all pages are read', async () => {
    pages(
      Array.from({ length: 100 }, (_, number) => release(`other-v1.0.${number}`)),
      [release('bento-v1.2.1')],
    );
    expect(await resolve('latest')).toMatchObject(said('v1.2.1'));
  });

  test.each([
    ['v1.0.0', 'v1.0.0'],
    ['v1.0.1', 'v1.0.0'],
    ['v1.2.2', 'v1.2.2'],
  ])('%s needs no question, and its broker is %s', async (version, broker) => {
    expect(await resolve(version)).toMatchObject(said(version, broker));
    expect(server.requests).toEqual([]);
  });

  test('another broker can be asked for', async () => {
    expect(await resolve('v1.2.0', { BROKER_VERSION: 'v1.2.2' })).toMatchObject(said('v1.2.0', 'v1.2.2'));
  });

  test.each([
    ['v2.0.0', 'is not supported'],
    ['v0.13.0', 'is not supported'],
    ['1.2.2', 'is not a version'],
    ['v1.2', 'is not a version'],
    ['v1.02.2', 'is not a version'],
    ['v1.2.2-rc1', 'is not a version'],
    ['v1.2.2\nexport X=1', 'is not a version'],
    ['$(reboot)', 'is not a version'],
  ])('refuses %j', async (version, reason) => {
    const { code, stdout, stderr } = await resolve(version);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(reason);
  });

  test('refuses a broker that is no release', async () => {
    expect(await resolve('v1.2.2', { BROKER_VERSION: 'newest' })).toMatchObject({ code: 1, stdout: '' });
  });

  test.each([
    ['an error', { status: 403, body: '{"message":"rate limit exceeded"}' }, 'does not say'],
    ['no list', { body: '{"message":"moved"}' }, 'not a list of releases'],
    ['no JSON', { body: '<html>' }, 'not a list of releases'],
    ['no release', { body: '[]' }, 'there is no release'],
  ])('fails and says why when the answer is %s', async (_, answer, reason) => {
    server.answer = () => answer;
    const { code, stdout, stderr } = await resolve('latest');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(reason);
  });
});
