import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { checkBrokerToml } from '../../../config/broker/check';
import { keys, sections } from '../../../config/broker/keys';
import { brokerReleases } from '../../../config/broker/releases';
import { describeWith } from '../../support/tools';

const template = readFileSync('service_files/broker.toml', 'utf8');

/** What the boot makes of values, with the image's own Python packages. */
function boot(code: string, given: unknown): { readonly value: unknown; readonly error: string } {
  const program = `import json, sys\nfrom bento_boot import broker_toml\ngiven = json.load(sys.stdin)\n${code}\njson.dump(value, sys.stdout)`;
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-B', '-c', program], {
    input: JSON.stringify(given),
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: 'scripts/boot' },
  });
  return status === 0
    ? { value: JSON.parse(stdout) as unknown, error: '' }
    : { value: undefined, error: stderr.trim().split('\n').at(-1)! };
}

const render = (overrides: unknown, from = template): string => {
  const { value, error } = boot('value = broker_toml.render(given[0], broker_toml.parse_overrides(given[1], "p"))', [
    from,
    JSON.stringify(overrides),
  ]);
  if (error !== '') throw new Error(error);
  return value as string;
};

describeWith(['python3-tomlkit'], 'broker.toml at boot', () => {
  test('without values of the cluster it is the template, byte for byte', () => {
    expect(render({})).toBe(template);
  });

  test.each(brokerReleases)('with values it is right for %s', (release) => {
    const toml = render({
      market: {
        mcycle_price: '0.0000007',
        max_collateral: '50',
        max_concurrent_proofs: 4,
        priority_requestor_addresses: ['0x0123456789abcdef0123456789abcdef01234567'],
        deny_requestor_addresses: [],
        peak_prove_khz: null,
      },
      prover: { status_poll_ms: 2000 },
      batcher: { withdraw: true, batch_max_time: 500 },
    });
    expect(() => {
      checkBrokerToml(toml, release);
    }).not.toThrow();
    expect(toml).toContain('max_collateral = "50"');
    expect(toml).not.toContain('peak_prove_khz');
    expect(toml).toContain(template.split('\n')[0]!);
  });

  test('a key stays under one name', () => {
    const toml = render({ market: { min_mcycle_price: '0.1', max_stake: '7' } });
    expect(toml).not.toMatch(/^(mcycle_price|max_collateral) =/m);
    checkBrokerToml(toml, '1.2.2');
  });

  test('comments, order and all other lines stay', () => {
    const changed = render({ market: { max_collateral: '50' }, batcher: { block_deadline_buffer_secs: 200 } });
    expect(changed).toBe(
      template
        .replace('max_collateral = "25"', 'max_collateral = "50"')
        .replace('block_deadline_buffer_secs = 180', 'block_deadline_buffer_secs = 200'),
    );
  });

  test('null takes a key away, whatever name the template has for it', () => {
    expect(render({ market: { max_stake: null } })).not.toMatch(/max_(stake|collateral)/);
  });

  test('a value with a table of its own takes no other key into it', () => {
    const toml = render({
      market: { gas_priority_mode: { custom: { priority_fee_percentile: 20 } }, max_order_expiry_secs: 600 },
    });
    checkBrokerToml(toml, '1.2.2');
    expect(toml.indexOf('max_order_expiry_secs')).toBeLessThan(toml.indexOf('[market.gas_priority_mode'));
  });

  test.each([
    [{ cancel_proving_expired_orders: true }, true],
    [{ cancel_proving_expired_orders: false }, false],
    [{}, false],
  ])('the broker is told of the database where it cancels jobs: %j', (market, cancels) => {
    expect(boot('value = broker_toml.cancels(given)', render({ market })).value).toBe(cancels);
  });

  test('it knows the same second names as the check', () => {
    const named = sections
      .flatMap((section) => keys[section])
      .flatMap(({ name, aliases = [] }) => (aliases.length === 0 ? [] : [[name, ...aliases]]));
    expect(boot('value = broker_toml.SAME', {}).value).toEqual(named);
  });

  describe('keys that the broker reads at its start only', () => {
    const atStart = () => boot('value = broker_toml.AT_START', {}).value as Record<string, string[]>;
    const changed = (running: unknown, present: unknown) =>
      boot('value = broker_toml.changed_at_start(given[0], given[1])', [render(running), render(present)]).value;

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
    ['[]', 'is no object with sections of market, prover, batcher'],
    ['{"markets": {}}', 'is no object with sections of market, prover, batcher'],
    ['{"market": 1}', 'is no object with sections of market, prover, batcher'],
    ['{', 'the parameter /name is no JSON'],
    ['{"market": {"peak_prove_khz": NaN}}', 'the parameter /name is no JSON: NaN is no number'],
    [
      '{"market": {"deny_requestor_addresses": [null]}}',
      'has null inside of market.deny_requestor_addresses; TOML has none, so leave it out',
    ],
  ])('%s is refused', (text, said) => {
    expect(boot('value = broker_toml.parse_overrides(given, "/name")', text).error).toContain(said);
  });
});
