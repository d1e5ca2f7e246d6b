import { isIPv4 } from 'node:net';

export interface Range {
  readonly first: number;
  readonly last: number;
}

const numberOf = (address: string): number => address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);

/** `10.20.0.0` of its number. */
export const addressOf = (number: number): string =>
  [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.');

/** The addresses of a network as numbers; undefined where the text is not a network. */
export function range(cidr: string): Range | undefined {
  const [address = '', bits = ''] = cidr.split('/');
  if (!isIPv4(address) || !/^([0-9]|[12][0-9]|3[0-2])$/.test(bits)) return undefined;
  const size = 2 ** (32 - Number(bits));
  const number = numberOf(address);
  const first = number - (number % size);
  return { first, last: first + size - 1 };
}

/** The network that an address with a prefix is in: `10.20.0.7/16` gives `10.20.0.0/16`. Undefined where the text is no network. */
export function networkOf(cidr: string): string | undefined {
  const whole = range(cidr);
  return whole === undefined ? undefined : `${addressOf(whole.first)}/${cidr.split('/')[1] ?? ''}`;
}

export const overlap = (a: Range | undefined, b: Range | undefined): boolean =>
  a !== undefined && b !== undefined && a.first <= b.last && b.first <= a.last;

export const contains = (outer: Range | undefined, inner: Range | undefined): boolean =>
  outer === undefined || inner === undefined || (outer.first <= inner.first && inner.last <= outer.last);
