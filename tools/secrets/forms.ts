import type { ClusterSecret } from '../../config/names';

/** What a secret has to look like; `scripts/boot/bento_boot/store.py` refuses the same, and a test compares both. */
interface Form {
  readonly is: (value: string) => boolean;
  readonly words: string;
}

const matching = (pattern: RegExp, words: string): Form => ({ is: (value) => pattern.test(value), words });
/** Whitespace as Python's `\s` has it in an address. Machines reach port 443 and no other. */
const rest = String.raw`://([^\s,"'/?#@]+@)?[^\s,"'/:?#@]+(:443)?([/?#][^\s,"']*)?`;
const address = `https${rest}`;

const forms: Readonly<Record<ClusterSecret, Form>> = {
  // What may stand unescaped in the broker's address of the database.
  'database-password': matching(
    /^[A-Za-z0-9._~!$&'()*+,;=-]+$/,
    "letters, digits and -._~!$&'()*+,;= only: the broker puts it into an address without escaping it",
  ),
  'valkey-password': matching(/^[ -~]+$/, 'printable ASCII'),
  storage: { is: isKey, words: 'a JSON object with accessKeyId and secretAccessKey' },
  'wallet-key': matching(/^(0x)?[0-9a-fA-F]{64}$/, '64 hexadecimal digits, with or without 0x'),
  'rpc-urls': matching(
    new RegExp(`^${address}(\\s*,\\s*${address})*$`),
    'addresses with https:// and no port but 443, which is all that machines reach, separated by commas',
  ),
  'order-stream-url': matching(
    new RegExp(`^(https|wss)${rest}$`),
    'an address with https:// or wss:// and no port but 443, which is all that machines reach',
  ),
};

function isKey(value: string): boolean {
  try {
    const { accessKeyId, secretAccessKey } = JSON.parse(value) as Readonly<Record<string, unknown>>;
    return [accessKeyId, secretAccessKey].every((text) => typeof text === 'string' && /^[!-~]+$/.test(text));
  } catch {
    return false;
  }
}

/** Why a value is not right, and never the value itself; undefined where it is right. Space around it is nothing. */
export function problemWith(name: ClusterSecret, value: string): string | undefined {
  const { is, words } = forms[name];
  return is(value.trim()) ? undefined : `is not ${words}`;
}
