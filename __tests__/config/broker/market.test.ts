import { readFileSync } from 'node:fs';
import { parse, stringify } from 'smol-toml';
import { ConfigurationError, factory, validated, type EnvironmentConfig } from '../../../config';
import { keys, sections } from '../../../config/broker/keys';
import { releasesOf, takesBroker, type Market } from '../../../config/broker/market';
import { atBoot, brokerConfigurationOf, brokerParameter, brokerTomlOf } from '../../../config/broker/configuration';
import { checkBrokerToml } from '../../../config/broker/check';
import { answers, pythonPackages } from '../../scripts/boot/python';
import { describeWith } from '../../support/tools';

const [staging] = factory.environments as [EnvironmentConfig];
const everyRelease = { from: 'v1.0.0', to: 'v1.2.2' } as const;
const none = { market: {}, prover: {}, batcher: {} };
const someone = '0x0123456789abcdef0123456789abcdef01234567';

/** What was refused of an environment with these values, without the line that counts. */
function refusals(broker: unknown, other: object = {}): string[] {
  try {
    validated({ ...factory, environments: [{ ...staging, ...other, broker: broker as Market }] });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

describe('refused, with the fix', () => {
  test.each<[what: string, broker: object, message: string]>([
    [
      'the allow-list that the predecessor misspelt, and that never applied',
      { market: { allowed_requestor_lists: ['https://a.example'] } },
      'config/staging.ts: broker.market.allowed_requestor_lists: ["https://a.example"] is unknown to the broker 1.2.2, which would ignore it; did you mean allow_requestor_lists?',
    ],
    [
      'a key of another section',
      { prover: { withdraw: true } },
      'broker.prover.withdraw: true belongs into [batcher]; move it there',
    ],
    [
      'a key that a release of the range lacks',
      { market: { allow_requestor_lists: [] } },
      'is known from 1.2.1 on; leave it out',
    ],
    [
      'a price as a number',
      { market: { max_collateral: 50 } },
      'broker.market.max_collateral: 50 is no amount; write a decimal number in quotes',
    ],
    ['a number in quotes', { market: { min_deadline: '300' } }, 'broker.market.min_deadline: "300" is no whole number'],
    ['a part of a number', { market: { peak_prove_khz: 1.5 } }, 'broker.market.peak_prove_khz: 1.5 is no whole number'],
    [
      'fewer preflights than none',
      { market: { max_concurrent_preflights: -1 } },
      'max_concurrent_preflights: -1 is out of range',
    ],
    [
      'a size of zero, which stops all work',
      { market: { max_file_size: 0 } },
      'broker.market.max_file_size: 0 stops all work',
    ],
    [
      'a cache where the broker may not write',
      { market: { cache_dir: '/var/cache/broker' } },
      'broker.market.cache_dir: "/var/cache/broker" cannot be written by the broker',
    ],
    [
      'a cache that leads out of its folder',
      { market: { cache_dir: '/var/lib/bento/broker/../valkey' } },
      'broker.market.cache_dir: "/var/lib/bento/broker/../valkey" cannot be written by the broker',
    ],
    ['cycles of zero', { market: { max_mcycle_limit: 0 } }, 'broker.market.max_mcycle_limit: 0 stops all work'],
    ['a deadline of zero', { market: { min_deadline: 0 } }, 'broker.market.min_deadline: 0 stops all work'],
    [
      'a word that no release knows',
      { market: { order_commitment_priority: 'lock_price' } },
      'is none of the words that 1.2.2 knows',
    ],
    [
      'an address that is none',
      { market: { deny_requestor_addresses: ['0x12'] } },
      'is no list of addresses of accounts',
    ],
    [
      'two names of a key',
      { market: { max_collateral: '1', max_stake: '2' } },
      'broker.market.max_collateral: "1" and max_stake are names of one key; keep max_collateral',
    ],
    ['a price taken out', { market: { mcycle_price: null } }, 'min_mcycle_price: (nothing) is missing'],
    ['a section that is none', { market: [] }, 'broker.market: [] is no section'],
    ['an unknown section', { markets: {} }, 'broker.markets: {} is the value of a key that is not known here'],
    [
      'releases that run backwards',
      { releases: { from: 'v1.2.2', to: 'v1.2.0' } },
      'runs backwards; from must not come after to',
    ],
    [
      'a release that there is not',
      { releases: { from: 'v1.0.1', to: 'v1.2.0' } },
      'broker.releases.from: "v1.0.1" is not a release of the broker; use one of v1.0.0',
    ],
    [
      'more than a parameter holds',
      { market: { deny_requestor_addresses: Array.from({ length: 80 }, () => someone) } },
      'bytes are too many for a parameter, which holds 4096',
    ],
  ])('%s', (_, changes, message) => {
    const found = refusals({ ...staging.broker, ...changes });
    expect(found.join('\n')).toContain(message);
    expect(found).toHaveLength(1);
  });

  test('all of it at once, and each thing once, for every release of the range', () => {
    const found = refusals({
      releases: everyRelease,
      market: { max_colateral: '5', min_deadline: 0, min_mcycle_price: '0.1' },
      prover: {},
      batcher: { withdraw: 'yes' },
    });
    expect(found.map((line) => line.split(': ')[1])).toEqual([
      'broker.market.max_colateral',
      'broker.market.min_deadline',
      'broker.batcher.withdraw',
      // Only for 1.0, which has no other name than the older one.
      'broker.market.min_mcycle_price',
      'broker.market.mcycle_price',
    ]);
  });

  test.each<[field: string, other: object]>([
    ['bento.segmentPo2', { bento: { ...staging.bento, segmentPo2: 12 } }],
    ['bento.snarkTimeoutSeconds', { bento: { ...staging.bento, snarkTimeoutSeconds: 29 } }],
    ['bento.logLevel', { bento: { ...staging.bento, logLevel: 'INFO' } }],
    ['bento.povwLogId', { bento: { ...staging.bento, povwLogId: '' } }],
    [
      'bento.deployment.setVerifierAddress',
      {
        bento: {
          ...staging.bento,
          deployment: {
            chainId: 1,
            boundlessMarketAddress: someone,
            setVerifierAddress: '0x',
            verifierRouterAddress: null,
            collateralTokenAddress: null,
          },
        },
      },
    ],
    [
      'secrets.passwordVersions.database',
      { secrets: { ...staging.secrets, passwordVersions: { database: 0, valkey: 1 } } },
    ],
    ['secrets.recoveryDays', { secrets: { ...staging.secrets, recoveryDays: 6 } }],
    ['storage.keyRotationDays', { storage: { ...staging.storage, keyRotationDays: 6 } }],
    ['storage.inputDays', { storage: { ...staging.storage, inputDays: 366 } }],
  ])('%s', (field, other) => {
    expect(refusals(staging.broker, other)).toEqual([expect.stringContaining(`config/staging.ts: ${field}: `)]);
  });
});

/**
 * Everything that the predecessor could set (docs/facts/predecessor.md#broker-settings-that-it-had), and what it could
 * not.
 */
const predecessor = {
  releases: { from: 'v1.2.1', to: 'v1.2.2' },
  market: {
    min_mcycle_price: '0.00000001',
    min_mcycle_price_collateral_token: '0.00005',
    max_collateral: '200',
    peak_prove_khz: 4000,
    min_deadline: 150,
    lookback_blocks: 100,
    max_file_size: 250_000_000,
    max_mcycle_limit: 8000,
    max_journal_bytes: 20_000,
    max_concurrent_proofs: 3,
    max_concurrent_preflights: 4,
    order_pricing_priority: 'observation_time',
    order_commitment_priority: 'cycle_price',
    gas_priority_mode: 'high',
    priority_requestor_addresses: [someone],
    priority_requestor_lists: ['https://example.com/priority.json'],
    allow_client_addresses: [someone],
    allow_requestor_lists: ['https://example.com/allow.json'],
    deny_requestor_addresses: [someone],
    balance_warn_threshold: '0.1',
    balance_error_threshold: '0.05',
    collateral_balance_warn_threshold: '100',
    collateral_balance_error_threshold: '50',
    cancel_proving_expired_orders: true,
  },
  prover: { status_poll_ms: 500, reaper_grace_period_secs: 3600 },
  batcher: { block_deadline_buffer_secs: 120, txn_timeout: 45, withdraw: true, min_batch_size: 2 },
} as const satisfies Market;

test('everything that the predecessor could set can be set, and its types are known', () => {
  expect(refusals(predecessor)).toEqual([]);
  expect(Buffer.byteLength(brokerConfigurationOf(predecessor))).toBeLessThan(2048);
  // @ts-expect-error a misspelt key does not compile
  const misspelt: Market = { ...staging.broker, market: { allowed_requestor_lists: [] } };
  // @ts-expect-error and neither does a price as a number
  const mistyped: Market = { ...staging.broker, market: { max_collateral: 50 } };
  for (const market of [misspelt, mistyped]) expect(refusals(market)).toHaveLength(1);
});

test('a range is the releases between its ends', () => {
  expect(releasesOf({ from: 'v1.1.1', to: 'v1.2.0' })).toEqual(['1.1.1', '1.1.2', '1.2.0']);
  expect(
    ['v1.1.0', 'v1.1.1', 'v1.2.0', 'v1.2.1', '1.2.0', 'missing'].map((version) =>
      takesBroker({ from: 'v1.1.1', to: 'v1.2.0' }, version),
    ),
  ).toEqual([false, true, true, false, false, false]);
});

const markets: Readonly<Record<string, Market>> = {
  none: { releases: everyRelease, ...none },
  predecessor,
  'old names': {
    releases: everyRelease,
    ...none,
    market: { mcycle_price: '1', max_stake: '3', max_concurrent_locks: 2 },
  },
  'taken out': {
    releases: everyRelease,
    ...none,
    market: { peak_prove_khz: null, max_concurrent_proofs: null, max_concurrent_preflights: null },
  },
  'preflights of its own': { releases: everyRelease, ...none, market: { max_concurrent_preflights: 7 } },
  'every section': {
    releases: { from: 'v1.1.2', to: 'v1.2.2' },
    market: { events_poll_ms: 100 },
    prover: { req_retry_count: 0 },
    batcher: { batch_max_fees: '0.5' },
  },
  'custom gas': {
    releases: { from: 'v1.2.0', to: 'v1.2.2' },
    ...none,
    market: { gas_priority_mode: { custom: { base_fee_multiplier_percentage: 200, priority_fee_percentile: 20.5 } } },
  },
  'texts that look like the parameter': {
    releases: everyRelease,
    ...none,
    prover: { bonsai_r0_zkvm_ver: '# releases: v1.2.2\nmax_concurrent_preflights = "executors - 2"' },
  },
};

/** What a broker reads, whatever its keys are called. */
function valuesOf(toml: string): Record<string, Record<string, unknown>> {
  const content = parse(toml) as Record<string, Record<string, unknown>>;
  return Object.fromEntries(
    sections.map((section) => [
      section,
      Object.fromEntries(
        Object.entries(content[section] ?? {}).map(([name, value]) => [
          keys[section].find((key) => key.name === name || key.aliases?.includes(name) === true)?.name,
          value,
        ]),
      ),
    ]),
  );
}

describe.each(Object.entries(markets))('the broker.toml of %s', (_, market) => {
  test.each(releasesOf(market.releases))(
    'of %s has the values of the environment, and else those of the template',
    (release) => {
      expect(refusals(market)).toEqual([]);
      const template = valuesOf(readFileSync('config/broker/broker.toml', 'utf8'));
      const given = valuesOf(
        stringify(
          Object.fromEntries(
            sections.map((section) => [
              section,
              Object.fromEntries(Object.entries(market[section]).filter(([, value]) => value !== null)),
            ]),
          ),
        ),
      );
      const expected = structuredClone(template);
      for (const section of sections) {
        Object.assign(expected[section]!, given[section]);
        for (const [name, value] of Object.entries(market[section]))
          if (value === null) Reflect.deleteProperty(expected[section]!, name);
      }
      if (market.market.max_concurrent_preflights === undefined) expected['market']!['max_concurrent_preflights'] = 5;
      const toml = atBoot(brokerTomlOf(market, release), 5);
      expect(valuesOf(toml)).toEqual(expected);
      checkBrokerToml(toml, release);
    },
  );
});

describeWith(pythonPackages, 'at boot', () => {
  // An instance has 1 to 20 executors, so 1 to 18 preflights.
  const cases = Object.values(markets).flatMap((market) =>
    releasesOf(market.releases).flatMap((release) => [1, 4, 18].map((preflights) => ({ market, release, preflights }))),
  );

  test('each release gets the text that was checked for it, byte for byte', async () => {
    const { answers: made } = await answers(
      `from bento_boot import broker_toml
def answer(given):
    text = broker_toml.of_release(given["parameter"], "p", given["release"])
    return broker_toml.with_preflights(text, given["preflights"])`,
      cases.map(({ market, release, preflights }) => ({
        parameter: brokerConfigurationOf(market),
        release: `v${release}`,
        preflights,
      })),
    );
    expect(cases.length).toBeGreaterThan(100);
    cases.forEach(({ market, release, preflights }, index) => {
      expect(made[index]).toEqual({ value: atBoot(brokerTomlOf(market, release), preflights) });
      checkBrokerToml(made[index]!.value as string, release);
    });
  });
});

describe('the parameter', () => {
  test('has a text once for all releases that share it', () => {
    const headers = (market: Market) => brokerConfigurationOf(market).match(/^# releases: .*$/gm);
    expect(headers(markets['custom gas']!)).toEqual(['# releases: v1.2.0 v1.2.1 v1.2.2']);
    // 1.0 knows prices by their first names only.
    expect(headers(markets['none']!)).toEqual([
      '# releases: v1.0.0 v1.0.2',
      '# releases: v1.1.0 v1.1.1 v1.1.2 v1.2.0 v1.2.1 v1.2.2',
    ]);
  });

  test.each(factory.environments.map((config) => [config.environment, config.broker] as const))(
    'of %s leaves room for lists',
    (_, broker) => {
      expect(Buffer.byteLength(brokerConfigurationOf(broker))).toBeLessThan(1024);
    },
  );

  test('is not made of values that a release does not take', () => {
    const wrong = { releases: everyRelease, ...none, market: { min_deadline: 0 } };
    expect(() => brokerConfigurationOf(wrong)).toThrow('min_deadline = 0 stops all work');
  });

  test('of older images has the values alone, as before', () => {
    expect(brokerParameter(markets['old names']!)).toBe(
      '{"market":{"mcycle_price":"1","max_stake":"3","max_concurrent_locks":2}}',
    );
  });
});

test('the template has nothing that a value could not replace', () => {
  const template = parse(readFileSync('config/broker/broker.toml', 'utf8')) as Record<string, object>;
  for (const [section, values] of Object.entries(template))
    for (const name of Object.keys(values))
      expect(keys[section as 'market'].some((key) => key.name === name || key.aliases?.includes(name) === true)).toBe(
        true,
      );
});
