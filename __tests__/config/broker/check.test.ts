import { readFileSync } from 'node:fs';
import { BrokerTomlError, checkBrokerToml } from '../../../config/broker/check';
import { brokerRelease, brokerReleases, type BrokerRelease } from '../../../config/broker/releases';

const shipped = readFileSync('config/broker/broker.toml', 'utf8');

function problems(toml: string, release: BrokerRelease): readonly string[] {
  try {
    checkBrokerToml(toml, release);
  } catch (error) {
    if (error instanceof BrokerTomlError) return error.problems;
    throw error;
  }
  return [];
}

/** The shipped file with a line more in a section. */
const withLine = (section: string, line: string) => shipped.replace(`[${section}]\n`, `[${section}]\n${line}\n`);
/** The shipped file with another value of a key. */
const withValue = (key: string, value: string) =>
  shipped.replace(new RegExp(`^${key} = .*$`, 'm'), `${key} = ${value}`);
const without = (key: string) => shipped.replace(new RegExp(`^${key} = .*\n`, 'm'), '');

test.each(brokerReleases)('the shipped file is right for %s', (release) => {
  expect(problems(shipped, release)).toEqual([]);
});

test.each(['v1.2.1', '1.2.1'])('%s is a release', (version) => {
  expect(brokerRelease(version)).toBe('1.2.1');
});

test.each(['1.0.1', 'v1.4.0', '2.0.0', 'latest', ''])('there is no broker %j', (version) => {
  expect(() => brokerRelease(version)).toThrow(
    `There is no broker ${JSON.stringify(version)} to check for; use one of 1.0.0, 1.0.2,`,
  );
});

describe('refused, with the key, the release and what to write', () => {
  test.each<[string, string, BrokerRelease, string]>([
    [
      'the misspelt allow-list of the predecessor',
      withLine('market', 'allowed_requestor_lists = ["https://example.com/list.json"]'),
      '1.2.2',
      '[market] allowed_requestor_lists is unknown to the broker 1.2.2, which would ignore it; did you mean allow_requestor_lists?',
    ],
    [
      'a key of a later release',
      withLine('market', 'allow_requestor_lists = ["https://example.com/list.json"]'),
      '1.2.0',
      '[market] allow_requestor_lists is known from 1.2.1 on; leave it out',
    ],
    [
      'both names of a price',
      withLine('market', 'min_mcycle_price = "1"'),
      '1.2.0',
      '[market] min_mcycle_price and mcycle_price are names of one key, and the broker does not start with both; keep min_mcycle_price',
    ],
    [
      'a key of another section, as the template of 1.0.2 has it',
      withLine('market', 'max_critical_task_retries = 3'),
      '1.0.2',
      '[market] max_critical_task_retries belongs into [prover]; move it there',
    ],
    [
      'a price without quotes',
      withValue('mcycle_price', '0.5'),
      '1.1.0',
      '[market] mcycle_price = 0.5 is no amount; write a decimal number in quotes, such as "0.0001"',
    ],
    [
      'a number in quotes',
      withValue('lookback_blocks', '"300"'),
      '1.2.0',
      '[market] lookback_blocks = "300" is no whole number; write it without quotes and without a point',
    ],
    [
      'a number with a point',
      withValue('lookback_blocks', '300.0'),
      '1.2.0',
      '[market] lookback_blocks = 300 is no whole number; write it without quotes and without a point',
    ],
    [
      'preflights below zero, as the predecessor computed them',
      withValue('max_concurrent_preflights', '-1'),
      '1.2.1',
      '[market] max_concurrent_preflights = -1 is out of range; write a number from 1 to 4294967295',
    ],
    [
      'a word of a later release',
      withValue('order_commitment_priority', '"cycle_price"'),
      '1.0.0',
      '[market] order_commitment_priority = "cycle_price" is none of the words that 1.0.0 knows; use random, shortest_expiry',
    ],
    [
      'a word that the code names wrongly',
      withValue('order_commitment_priority', '"lock_cycle_price"'),
      '1.2.0',
      '[market] order_commitment_priority = "lock_cycle_price" is none of the words that 1.2.0 knows; use random, shortest_expiry, price, cycle_price',
    ],
    [
      'a key that does nothing any more',
      withLine('market', 'lockin_priority_gas = 5'),
      '1.2.0',
      '[market] lockin_priority_gas does nothing in the broker 1.2.0; use gas_priority_mode',
    ],
    [
      'an address that is none',
      withLine('market', 'deny_requestor_addresses = ["0x12"]'),
      '1.2.0',
      '[market] deny_requestor_addresses = ["0x12"] is no list of addresses of accounts (0x and 40 hexadecimal digits); write it as ["...", "..."]',
    ],
    [
      'a flag in quotes',
      withLine('batcher', 'withdraw = "true"'),
      '1.2.0',
      '[batcher] withdraw = "true" is neither true nor false; write one of them without quotes',
    ],
    [
      'a section that is none',
      `${shipped}\n[markets]\nx = 1\n`,
      '1.2.0',
      'markets is unknown to the broker 1.2.0; did you mean [market]?',
    ],
    [
      'a price that is missing',
      without('max_collateral'),
      '1.2.2',
      '[market] max_collateral is missing, and the broker 1.2.2 does not start without it; add it',
    ],
    [
      'a key that only 1.0 needs',
      without('status_poll_ms'),
      '1.0.0',
      '[prover] status_poll_ms is missing, and the broker 1.0.0 does not start without it; add it',
    ],
    ['no TOML', 'market = [', '1.2.0', expect.stringMatching(/^line \d+: /)],
  ])('%s', (_, toml, release, message) => {
    expect(problems(toml, release)).toEqual([message]);
  });

  test.each(['max_file_size', 'min_deadline', 'max_concurrent_proofs', 'max_concurrent_preflights'])(
    'a zero that stops all work: %s',
    (key) => {
      expect(problems(withValue(key, '0'), '1.2.0')).toEqual([
        `[market] ${key} = 0 stops all work; write a limit above zero, or leave the key out`,
      ]);
    },
  );

  test('the new name of a price, before the broker had it', () => {
    expect(problems(shipped.replace('\nmcycle_price =', '\nmin_mcycle_price ='), '1.0.2')).toEqual([
      '[market] min_mcycle_price is known from 1.1.0 on; write mcycle_price',
      '[market] mcycle_price is missing, and the broker 1.0.2 does not start without it; add it',
    ]);
  });

  test('all of it at once', () => {
    const toml = withLine('market', 'max_stake = "1"\nmcycle_prise = "1"').replace('[batcher]', '[batchers]');
    expect(() => {
      checkBrokerToml(toml, '1.0.0');
    }).toThrow(
      [
        'This broker.toml is not for the broker 1.0.0:',
        '  batchers is unknown to the broker 1.0.0; did you mean [batcher]?',
        '  [market] mcycle_prise is unknown to the broker 1.0.0, which would ignore it; did you mean mcycle_price?',
        '  [market] max_collateral and max_stake are names of one key, and the broker does not start with both; keep max_collateral',
        '  [batcher] is missing, and the broker 1.0.0 does not start without it; add it',
      ].join('\n'),
    );
  });
});

describe('taken', () => {
  test.each<[string, string, BrokerRelease]>([
    ['new names from 1.1 on', shipped.replace(/^mcycle_price/gm, 'min_mcycle_price'), '1.1.0'],
    ['an old name of the collateral', shipped.replace('max_collateral', 'max_stake'), '1.2.2'],
    ['a file without the sections that have defaults', shipped.replace(/\[prover\][^]*$/, ''), '1.1.0'],
    [
      'a custom gas priority',
      withLine('market', 'gas_priority_mode = { custom = { priority_fee_percentile = 20 } }'),
      '1.2.0',
    ],
    ['what only 1.0 needs, left out', without('status_poll_ms'), '1.1.0'],
  ])('%s', (_, toml, release) => {
    expect(problems(toml, release)).toEqual([]);
  });
});

describe('syntax of TOML 1.1, which the broker does not read', () => {
  test.each([
    ['a comma at the end of a table', withLine('market', 'gas_priority_mode = { custom = {}, }')],
    ['an escape', withLine('market', 'cache_dir = "/var/lib/bento/broker/\\x41"')],
  ])('%s', (_, toml) => {
    expect(() => {
      checkBrokerToml(toml, '1.2.2');
    }).toThrow(/line \d+: .*; the broker reads TOML 1\.0/);
  });
});
