import { readFileSync } from 'node:fs';
import { atBoot, brokerTomlOf } from '../../../config/broker/configuration';
import { keys, sections, type BrokerValues } from '../../../config/broker/keys';
import { describeWith } from '../../support/tools';
import { answers, python, pythonPackages } from './python';

const template = readFileSync('config/broker/broker.toml', 'utf8');
const none = { market: {}, prover: {}, batcher: {} };
const render = (values: Partial<BrokerValues>): string => atBoot(brokerTomlOf({ ...none, ...values }, '1.2.2'), 4);
const value = (code: string, given: unknown): unknown =>
  python(`from bento_boot import broker_toml\nprint(json.dumps(${code}))`, given).value;

describeWith(pythonPackages, 'broker.toml at boot', () => {
  test.each([
    [{ cancel_proving_expired_orders: true }, true],
    [{ cancel_proving_expired_orders: false }, false],
    [{}, false],
  ])('the broker gets the address of the database only where it cancels jobs: %j', (market, cancels) => {
    expect(value('broker_toml.cancels(given)', render({ market }))).toBe(cancels);
  });

  describe('keys that the broker reads at its start only', () => {
    const atStart = () => value('broker_toml.AT_START', {}) as Record<string, string[]>;
    const changed = (running: Partial<BrokerValues>, present: Partial<BrokerValues>) =>
      value('broker_toml.changed_at_start(given[0], given[1])', [render(running), render(present)]);

    test('are keys of the broker', () => {
      for (const section of sections)
        expect(keys[section].map(({ name }) => name)).toEqual(expect.arrayContaining(atStart()[section]!));
      expect(Object.keys(atStart())).toEqual(sections);
    });

    test('are marked in the template, and only those', () => {
      const marked = [...template.matchAll(/^(\w+) = .* # at its start$/gm)].map(([, name]) => name);
      const named = [...template.matchAll(/^(\w+) = /gm)].map(([, name]) => name!);
      expect(marked).toEqual(named.filter((name) => Object.values(atStart()).flat().includes(name)));
    });

    test('are in the documentation', () => {
      const rows = readFileSync('docs/market.md', 'utf8').matchAll(/^\| `(market|prover|batcher)` +\| (`.*`) +\|$/gm);
      expect(Object.fromEntries([...rows].map(([, section, names]) => [section, names!.match(/\w+/g)]))).toEqual(
        atStart(),
      );
    });

    test('are named when they change, under any of their names', () => {
      expect(changed({}, { market: { max_collateral: '7', peak_prove_khz: 5 }, batcher: { withdraw: true } })).toEqual(
        [],
      );
      expect(
        changed({ market: { lookback_blocks: 1 } }, { market: { lookback_blocks: 2 }, batcher: { txn_timeout: 9 } }),
      ).toEqual(['market.lookback_blocks', 'batcher.txn_timeout']);
      const balance = { market: { collateral_balance_warn_threshold: '1' } };
      expect(changed(balance, { market: { stake_balance_warn_threshold: '1' } })).toEqual([]);
      expect(changed(balance, { market: { stake_balance_warn_threshold: '2' } })).toEqual([
        'market.collateral_balance_warn_threshold',
      ]);
    });
  });

  test.each([
    ['', "does not start with a line '# releases: '"],
    ['{"market": {}}', "does not start with a line '# releases: '"],
    ['[market]\n# releases: v1.2.2\n', "does not start with a line '# releases: '"],
    [
      '# releases: v1.2.0 v1.2.1\n[market]\n',
      'has no broker.toml for v1.2.2, which this image carries, but for v1.2.0, v1.2.1;',
    ],
    ['# releases: v1.2.2\n[market\n', 'the broker.toml for this release is no TOML: '],
  ])('a parameter %j is refused', async (text, reason) => {
    const { answers: made } = await answers(
      `from bento_boot import broker_toml
def answer(given):
    return broker_toml.with_preflights(broker_toml.of_release(given, "/name", "v1.2.2"), 4)`,
      [text],
    );
    expect(made[0]?.refused).toContain(reason);
  });
});
