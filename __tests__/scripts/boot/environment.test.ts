import { spawnSync } from 'node:child_process';
import { describeWith } from '../../support/tools';
import { python, pythonPackages } from './python';

const settings = { managerAddress: '10.20.0.10', bucket: 'bento-storage' };
const secrets = {
  'database-password': "p$ss~w'rd;&=",
  'valkey-password': 'a/b@c',
  'wallet-key': 'f'.repeat(64),
  'rpc-urls': 'https://rpc.example/key, https://other.example/key',
};

/** What a broker that cancels jobs needs of Bento's database. */
const database = {
  POSTGRES_HOST: '127.0.0.1',
  POSTGRES_PORT: '5432',
  POSTGRES_DB: 'taskdb',
  POSTGRES_USER: 'bento',
  POSTGRES_PASSWORD: secrets['database-password'],
};

interface Given {
  readonly role: 'manager' | 'prover';
  readonly version: string;
  readonly settings?: Record<string, unknown>;
  readonly secrets?: Record<string, string>;
  readonly cancels?: boolean;
}
type Environments = Record<string, Record<string, string>>;

function environments(given: Given): Environments {
  const { value, error } = python(
    `from bento_boot.environment import environments, parse, render
from bento_boot.release import Release
from bento_boot.settings import parse_settings
from bento_boot.store import Storage
release = Release("bento", given["version"], given["version"])
found = environments(given["role"], parse_settings(json.dumps(given["settings"]), "settings"), given["secrets"],
                     Storage("AKIA", "s3cr/et+"), release, "us-west-2", given["cancels"])
for variables in found.values():
    assert parse(render(variables)) == {name: value for name, value in variables.items() if value}
print(json.dumps({service: render(variables) for service, variables in found.items()}))`,
    { cancels: false, secrets, ...given, settings: { ...settings, ...given.settings } },
  );
  if (error !== '') throw new Error(error);
  return Object.fromEntries(
    Object.entries(value as Record<string, string>).map(([service, file]) => [service, sourced(file)]),
  );
}

/** What a shell makes of the file: inside double quotes it has the same escapes as systemd. */
function sourced(file: string): Record<string, string> {
  const names = [...file.matchAll(/^(\w+)=/gm)].map(([, name]) => name!);
  const print = names.map((name) => `printf '%s\\0' "$${name}"`).join('; ');
  const { stdout } = spawnSync('bash', ['-c', `source <(cat); ${print}`], { input: file, encoding: 'utf8' });
  const values = stdout.split('\0');
  return Object.fromEntries(names.map((name, index) => [name, values[index]!]));
}

describeWith(['bash', ...pythonPackages], 'environments of the services', () => {
  test('a file is read as it was written, whatever characters a value has', () => {
    const value = String.raw`p@ss "quoted" \"twice\\" $x \`y\` =z#`;
    const code = 'from bento_boot.environment import parse, render\nprint(json.dumps(parse(render(given))))';
    expect(python(code, { A: value, B: '', C: value }).value).toEqual({ A: value, C: value });
  });

  test.each<readonly [version: string, expected: Readonly<Record<string, string>>]>([
    ...['v1.0.0', 'v1.0.2'].map(
      (version) =>
        [version, { PRIVATE_KEY: secrets['wallet-key'], RPC_URL: 'https://rpc.example/key', ...database }] as const,
    ),
    ['v1.1.0', { PROVER_PRIVATE_KEY: secrets['wallet-key'], PROVER_RPC_URL: 'https://rpc.example/key' }],
    ['v1.1.2', { PROVER_PRIVATE_KEY: secrets['wallet-key'], PROVER_RPC_URL: 'https://rpc.example/key' }],
    [
      'v1.2.2',
      {
        PROVER_PRIVATE_KEY: secrets['wallet-key'],
        PROVER_RPC_URLS: 'https://rpc.example/key,https://other.example/key',
      },
    ],
  ])('the broker %s gets the names that it reads, and nothing else', (version, expected) => {
    expect(environments({ role: 'manager', version })['broker']).toEqual({ ...expected, RUST_LOG: 'info' });
  });

  test('a service has only what it needs', () => {
    const { api, executor, aux, broker } = environments({ role: 'manager', version: 'v1.2.2' });
    expect(api).not.toHaveProperty('REDIS_URL');
    for (const agent of [executor, aux]) expect(agent).toHaveProperty('REDIS_URL');
    for (const service of [api, executor, aux]) expect(JSON.stringify(service)).not.toContain(secrets['wallet-key']);
    expect(broker).not.toHaveProperty('S3_SECRET_KEY');
    expect(Object.keys(environments({ role: 'prover', version: 'v1.2.2' }))).toEqual(['prover']);
  });

  test('passwords of any characters arrive', () => {
    const { prover } = environments({ role: 'prover', version: 'v1.2.2' });
    const url = new URL(prover!['DATABASE_URL']!);
    expect(decodeURIComponent(url.password)).toBe(secrets['database-password']);
    expect([url.hostname, url.port, url.pathname]).toEqual(['10.20.0.10', '5432', '/taskdb']);
    expect(decodeURIComponent(new URL(prover!['REDIS_URL']!).password)).toBe(secrets['valkey-password']);
    const { broker } = environments({ role: 'manager', version: 'v1.2.2', cancels: true });
    expect(broker).toMatchObject(database);
  });

  test('what is not set is not there: an empty variable could mean "on"', () => {
    for (const service of Object.values(environments({ role: 'manager', version: 'v1.2.2' }))) {
      expect(service).not.toHaveProperty('POVW_LOG_ID');
      expect(service).not.toHaveProperty('ORDER_STREAM_URL');
      expect(Object.values(service)).not.toContain('');
    }
    const { aux } = environments({ role: 'manager', version: 'v1.2.2', settings: { povwLogId: '0x12' } });
    expect(aux).toMatchObject({ POVW_LOG_ID: '0x12' });
  });

  test('a chain is named as the release does, together with both addresses', () => {
    const address = `0x${'1'.repeat(40)}`;
    const deployment = { boundlessMarketAddress: address, setVerifierAddress: address };
    const broker = (version: string) =>
      environments({ role: 'manager', version, settings: { deployment, chainId: 8453 } })['broker'];
    expect(broker('v1.0.2')).toMatchObject({ CHAIN_ID: '8453', BOUNDLESS_MARKET_ADDRESS: address });
    expect(broker('v1.1.0')).toMatchObject({ MARKET_CHAIN_ID: '8453', SET_VERIFIER_ADDRESS: address });
  });

  test('a chain without its addresses is refused: the broker would not start', () => {
    const { error } = python(
      'from bento_boot.settings import parse_settings\nparse_settings(json.dumps(given), "/the/settings")',
      { ...settings, chainId: 8453 },
    );
    expect(error).toContain('chainId is given without deployment');
  });

  test('settings that are wrong are all named at once', () => {
    const wrong = {
      bucket: 'B',
      segmentPo2: 22,
      povwLogId: `0x${'1'.repeat(41)}`,
      executors: 21,
      segmentpo2: 1,
      deployment: { setVerifierAddress: '0x1' },
    };
    const { error } = python(
      'from bento_boot.settings import parse_settings\nparse_settings(json.dumps(given), "/the/settings")',
      wrong,
    );
    for (const part of [
      'the parameter /the/settings is not right',
      'segmentpo2 is unknown',
      'managerAddress is missing',
      'bucket is "B"; write a text such as',
      'segmentPo2 is 22; write a whole number from 13 to 21',
      'write 0x and 1 to 40 hexadecimal digits',
      'executors is 21; write a whole number from 1 to 20',
      'write addresses as 0x and 40 hexadecimal digits',
    ])
      expect(error).toContain(part);
  });
});
