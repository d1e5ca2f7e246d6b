import fc from 'fast-check';
import type { ClusterSecret } from '../../../config/names';
import { problemWith } from '../../../cli/secrets/forms';
import { answers, pythonPackages } from '../../scripts/boot/python';
import { describeWith } from '../../support/tools';

const hex = 'ab'.repeat(32);
const right: Readonly<Record<ClusterSecret, string>> = {
  'database-password': 'p',
  'valkey-password': 'p',
  storage: '{"accessKeyId":"AKIA","secretAccessKey":"s"}',
  'wallet-key': hex,
  'rpc-urls': 'https://a',
  'order-stream-url': 'wss://a',
};

const values: readonly (readonly [name: ClusterSecret, value: string, isRight: boolean])[] = [
  ...Object.entries(right).map(([name, value]) => [name as ClusterSecret, value, true] as const),
  ['wallet-key', `0x${hex}`, true],
  ['wallet-key', ` ${hex}\n`, true],
  ['wallet-key', hex.slice(1), false],
  ['wallet-key', `${hex}0`, false],
  ['wallet-key', `0X${hex}`, false],
  ['wallet-key', `${hex.slice(1)}g`, false],
  ['wallet-key', `${hex}\n${hex}`, false],
  ['rpc-urls', 'https://a/key, https://u:p@b:443/v2?k=1 ,https://c', true],
  ['rpc-urls', 'https://a/key, http://b:8545', false],
  ['rpc-urls', 'https://a:8545', false],
  ['order-stream-url', 'ws://a', false],
  ['rpc-urls', 'https://a,', false],
  ['rpc-urls', 'wss://a', false],
  ['rpc-urls', 'https://a b', false],
  ['rpc-urls', 'https://a"', false],
  ['rpc-urls', "https://a'", false],
  ['rpc-urls', 'https://', false],
  ['order-stream-url', 'https://a/b?c=d', true],
  ['order-stream-url', 'ftp://a', false],
  ['order-stream-url', 'https://a,https://b', false],
  ['database-password', "Az09-._~!$&'()*+,;=", true],
  ...Array.from('@/?#%:[]\\"<> ^`{|}').map((character) => ['database-password', `a${character}b`, false] as const),
  ['valkey-password', 'with space', true],
  ['database-password', 'ü', false],
  ['valkey-password', 'a\u0007b', false],
  ['storage', '{"accessKeyId":"AKIA"}', false],
  ['storage', '{"accessKeyId":"AKIA","secretAccessKey":""}', false],
  ['storage', '{"accessKeyId":"AKIA","secretAccessKey":"a b"}', false],
  ['storage', '{"accessKeyId":1,"secretAccessKey":"s"}', false],
  ['storage', '["AKIA","s"]', false],
  ['storage', 'null', false],
  ['storage', 'AKIA', false],
];

test.each(values)('%s: %j is right: %s', (name, value, isRight) => {
  const problem = problemWith(name, value);
  expect(problem === undefined).toBe(isRight);
  if (problem !== undefined && value.includes('ab')) expect(problem).not.toContain(value);
});

describeWith(pythonPackages, 'what the command takes', () => {
  test('the boot takes, and nothing else', async () => {
    const alphabet = fc.constantFrom(
      ...Array.from('@%;~0aFxX, \t"\'\\/:{}[]é\u00a0\u2003'),
      'https://',
      'wss://',
      ...Object.values(right),
    );
    const random = fc.sample(
      fc.tuple(
        fc.constantFrom(...(Object.keys(right) as ClusterSecret[])),
        fc.array(alphabet, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
      ),
      { numRuns: 2000, seed: 7 },
    );
    const tried = [...values.map(([name, value]) => [name, value] as const), ...random].filter(
      ([, value]) => value.trim() !== '',
    );
    const { answers: taken } = await answers(
      `from bento_boot import store
right = ${JSON.stringify(right)}
def answer(given):
    store._check({**right, given["name"]: given["value"].strip()}, "p")
    return True`,
      tried.map(([name, value]) => ({ name, value })),
    );
    const differing = tried.filter(([name, value], index) => {
      const boot = taken[index]?.value === true;
      if (!boot) expect(taken[index]?.refused).toBeDefined();
      return (problemWith(name, value) === undefined) !== boot;
    });
    expect(differing).toEqual([]);
    expect(taken.filter(({ value }) => value === true).length).toBeGreaterThan(50);
  });
});
