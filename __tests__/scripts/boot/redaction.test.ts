import { readFileSync } from 'node:fs';
import { describeWith } from '../../support/tools';
import { python, pythonPackages } from './python';

const hex = 'abcdef0123456789'.repeat(4);
const secrets = {
  'database-password': "Zq8$~k;='p4w",
  'valkey-password': 'va"l\\key 7%/@',
  storage: JSON.stringify({ accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'abc/DEF+ghi/0123456789' }),
  'wallet-key': `0x${hex}`,
  'rpc-urls': [
    'https://eth-mainnet.g.alchemy.com/v2/aLcHeMyKey-0123',
    'https://rpc.example.org/base_sepolia?network=base&apikey=Query%20Key9',
    'https://anna:pa55wort@node.example.net:443/x1',
    'https://lb.example.com?onlyAKey77',
  ].join(', '),
  'order-stream-url': 'wss://orders.example.com/stream/t0ken-of-stream',
};

/** The pattern that Vector gets, as JavaScript writes it; and what it makes of a line. */
function redact(given: Readonly<Record<string, string>>, ...earlier: readonly Readonly<Record<string, string>>[]) {
  const { value, error } = python(
    `from bento_boot.environment import parse, render
from bento_boot.redaction import alternatives, pattern
found = ""
for secrets in given:
    found = pattern(secrets, alternatives(found) if found else [])
    # systemd reads what the boot writes.
    assert parse(render({"REDACTED": found})) == {"REDACTED": found}
print(json.dumps(found))`,
    [...earlier, given],
  );
  if (error !== '') throw new Error(error);
  const pattern = value as string;
  // Nothing in it can end a quoted string, a line of YAML, or an expression.
  expect(pattern).toMatch(/^(\(\?i:)?[\\x0-9a-f{}|]+\)?$/);
  const expression = new RegExp(pattern.replace('(?i:', '(?:').replaceAll('\\x{', '\\u{'), 'giu');
  return Object.assign((line: string) => line.replace(expression, '<redacted>'), { pattern });
}

/** As Rust's url crate prints an address with {:?}; the broker 1.2 does at its start when it has several. */
function debugged(address: string): string {
  const { protocol, username, password, hostname, pathname, search } = new URL(address);
  const some = (text: string) => (text === '' ? 'None' : `Some("${text}")`);
  return (
    `Url { scheme: "${protocol.slice(0, -1)}", cannot_be_a_base: false, username: "${username}", ` +
    `password: ${some(password)}, host: Some(Domain("${hostname}")), port: None, path: "${pathname}", ` +
    `query: ${some(search.slice(1))}, fragment: None }`
  );
}

describeWith(pythonPackages, 'secrets in lines that are shipped', () => {
  // Part of each of the secrets, in the forms that lines have.
  const canaries = [
    'aLcHeMyKey',
    'Key9',
    'pa55wort',
    'anna',
    'onlyAKey',
    't0ken-of',
    hex.slice(0, 16),
    'Zq8',
    'DEF+ghi',
    'key 7',
    'key%207',
    'YW5uYTpwYT',
  ];
  const addresses = secrets['rpc-urls'].split(', ');

  test.each<[string, string]>([
    [
      'the broker, with several addresses',
      `Configuring broker with fallback RPC support: 4 URLs: [${addresses.map(debugged).join(', ')}]`,
    ],
    ['the broker, with one', `Configuring broker with single RPC URL: ${addresses[0]!}`],
    [
      'an error of alloy',
      `Error: error sending request for url (${addresses[1]!}): 401 {"message":"key Query Key9 is not valid"}`,
    ],
    ['the order stream', `Failed to connect to order stream: Url("${secrets['order-stream-url']}")`],
    ['a header', `authorization: "Basic ${Buffer.from('anna:pa55wort').toString('base64')}"`],
    ['a pool', `Failed to connect to postgres: postgres://bento:${secrets['database-password']}@127.0.0.1:5432/taskdb`],
    [
      'an agent',
      `Failed to parse postgresql://bento:${encodeURIComponent(secrets['database-password'])}@127.0.0.1/taskdb`,
    ],
    ['a client of Valkey', `redis://default:${encodeURIComponent(secrets['valkey-password'])}@127.0.0.1:6379/0`],
    ['JSON', JSON.stringify({ password: secrets['valkey-password'], key: 'Query Key9' })],
    ['the SDK', `secret_key: "abc/DEF+ghi/0123456789", url: abc%2FDEF%2Bghi%2F0123456789`],
    ['the wallet', `bad key 0X${hex.toUpperCase()} and ${hex} and calldata 0x00${hex}ff`],
  ])('%s', (_, line) => {
    const done = redact(secrets)(line);
    expect(canaries.filter((canary) => line.toLowerCase().includes(canary.toLowerCase())).length).toBeGreaterThan(0);
    for (const canary of canaries) expect(done.toLowerCase()).not.toContain(canary.toLowerCase());
    expect(done).toContain('<redacted>');
  });

  test.each([
    'order 0x0123456789abcdef0123456789abcdef01234567 locked at block 2048',
    'Starting pipeline on base, network base_sepolia, eth-mainnet.g.alchemy.com/v2',
    'GET http://127.0.0.1:8081/health 200 in 1 ms, key AKIAEXAMPLE',
    'Wrote 1 of x1 in v2; stream of network=base',
    '',
  ])('not %j', (line) => {
    expect(redact(secrets)(line)).toBe(line);
  });

  test('short ones go only with the address around them, so that no line is lost', () => {
    const short = redact({ 'rpc-urls': 'https://a:b@h.example/k?x=1', 'valkey-password': 'p' });
    expect(short('a plain line: b, k, x, 1 and p')).toBe('a plain line: b, k, x, 1 and p');
    expect(short('https://a:b@h.example/k?x=1')).not.toMatch(/a:b|\/k|x=1/);
    expect(short(debugged('https://a:b@h.example/k?x=1'))).not.toMatch(/"a"|"b"|"\/k"|x=1/);
    expect(short('redis://default:p@127.0.0.1')).not.toContain(':p@');
  });

  test('previous ones stay out as well, as many as fit', () => {
    const other = { ...secrets, 'database-password': 'another-passw0rd' };
    const both = redact(other, secrets);
    expect(both(`${secrets['database-password']} another-passw0rd`)).toBe('<redacted> <redacted>');
    const many = Array.from({ length: 60 }, (_, version) => ({ 'valkey-password': `pass/word ${version} of many` }));
    const last = redact(secrets, ...many);
    expect(last.pattern.split('|').length).toBeLessThan(400);
    expect(last('pass/word 59 of many')).toBe('<redacted>');
    expect(redact({ 'valkey-password': 'a-passw0rd' }, { 'valkey-password': 'a-passw0rd' }).pattern).toBe(
      redact({ 'valkey-password': 'a-passw0rd' }).pattern,
    );
  });

  test('none at all is a pattern that fits nothing, and is the default of the configuration', () => {
    const { pattern } = redact({});
    expect(readFileSync('service_files/vector.yaml', 'utf8')).toContain(
      `text = replace(text, r'\${REDACTED:-${pattern}}', "<redacted>")`,
    );
    expect(redact({ 'valkey-password': 'a-passw0rd' }, {})('\0a-passw0rd')).toBe('\0<redacted>');
  });

  test('too many for an environment are refused', () => {
    const many = Array.from({ length: 2000 }, (_, number) => `https://rpc.example.com/v2/key-${number}-of-many`);
    expect(() => redact({ 'rpc-urls': many.join(',') })).toThrow(/rpc-urls has too many addresses/);
  });
});
