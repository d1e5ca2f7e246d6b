import { accountPattern, paths } from '../contract';
import { isFrom, type BrokerRelease } from './releases';

/** Names what is wrong with a value and what to write instead; undefined where it is right. `T` is what it takes. */
export type ValueCheck<T = unknown> = ((value: unknown, release: BrokerRelease) => string | undefined) & {
  /** Never there: it carries the type. */
  readonly takes?: T;
};

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

/** TOML's integers are signed. */
const largest = 2n ** 63n - 1n;

/** Integers come as bigint, so that `100` and `100.0` differ as they do for the broker. */
const unsigned =
  (bits: number, least = 0n): ValueCheck<number> =>
  (value) => {
    const most = bits === 64 ? largest : 2n ** BigInt(bits) - 1n;
    if (typeof value !== 'bigint') return 'is no whole number; write it without quotes and without a point';
    if (value < least && least > 0n && value === 0n)
      return 'stops all work; write a limit above zero, or leave the key out';
    return value < least || value > most ? `is out of range; write a number from ${least} to ${most}` : undefined;
  };

export const u64 = unsigned(64);
export const u32 = unsigned(32);
export const u8 = unsigned(8);
/** Limits that let nothing through when they are zero (docs/facts/bento.md#limits-of-zero). */
export const limit64 = unsigned(64, 1n);
export const limit32 = unsigned(32, 1n);

/** Amounts are texts, so that no digit is lost. The broker takes them in ETH and in ZKC, which have 18 decimals. */
export const amount: ValueCheck<string> = (value) => {
  if (typeof value !== 'string' || !/^\d+(\.\d+)?$/.test(value))
    return 'is no amount; write a decimal number in quotes, such as "0.0001"';
  return /\.\d{19}/.test(value) ? 'has more than 18 decimals, which the broker refuses; round it' : undefined;
};

/** Amounts that let nothing through when they are zero. */
export const amountAboveZero: ValueCheck<string> = (value, release) => {
  const problem = amount(value, release);
  return problem === undefined && Number(value) === 0
    ? 'stops all work: each order asks for collateral; write an amount above zero'
    : problem;
};

export const flag: ValueCheck<boolean> = (value) =>
  typeof value === 'boolean' ? undefined : 'is neither true nor false; write one of them without quotes';

export const text: ValueCheck<string> = (value) => (isText(value) ? undefined : 'is no text; write it in quotes');

/** The broker's own folder is all that it may write in (docs/facts/runtime-paths.md). */
const brokerFolder = `${paths.broker}/`;

export const ownFolder: ValueCheck<string> = (value) =>
  isText(value) && value.startsWith(brokerFolder) && !value.split('/').includes('..')
    ? undefined
    : `cannot be written by the broker; write a folder below ${brokerFolder}, such as "${brokerFolder}cache"`;

/** A file that the broker reads. The image carries none, so an operator puts it where the broker's data is. */
export const ownFile: ValueCheck<string> = (value) =>
  ownFolder(value, '1.2.2') === undefined
    ? undefined
    : `is not a file of the broker's own; put it below ${brokerFolder}, and write its path in quotes`;

/** Instances reach the internet by port 443 and no other. */
const isReachable = (value: unknown): boolean => {
  if (!isText(value) || !URL.canParse(value)) return false;
  const { protocol, port } = new URL(value);
  return protocol === 'https:' && port === '';
};

export const url: ValueCheck<string> = (value) =>
  isReachable(value)
    ? undefined
    : 'is no address that the manager reaches; write one with https:// and without a port, such as "https://example.com/list.json"';

const listOf =
  (what: string, isRight: (item: unknown) => boolean): ValueCheck<readonly string[]> =>
  (value) =>
    Array.isArray(value) && value.every(isRight) ? undefined : `is no list of ${what}; write it as ["...", "..."]`;

export const addresses = listOf(
  'addresses of accounts (0x and 40 hexadecimal digits)',
  (item) => typeof item === 'string' && accountPattern.test(item),
);
export const urls = listOf('web addresses with https:// and without a port', isReachable);

/** One of some words; each can have a first release. */
export const oneOf =
  <W extends string>(words: Readonly<Record<W, BrokerRelease>>): ValueCheck<W> =>
  (value, release) => {
    const known = Object.entries<BrokerRelease>(words)
      .filter(([, since]) => isFrom(release, since))
      .map(([word]) => word);
    return typeof value === 'string' && known.includes(value)
      ? undefined
      : `is none of the words that ${release} knows; use ${known.join(', ')}`;
  };
