import { closest } from 'fastest-levenshtein';
import { oneOf, u64, type ValueCheck } from './values';

/** What the custom mode of `gas_priority_mode` takes; the broker has a default for each. */
export interface CustomGasPriority {
  /** Percent of the base fee. */
  readonly base_fee_multiplier_percentage?: number;
  /** Percent of the priority fee: 120 adds a fifth. */
  readonly priority_fee_multiplier_percentage?: number;
  /** Percentile of `eth_feeHistory`, from 0 to 100. */
  readonly priority_fee_percentile?: number;
  /** Percent that each pending transaction adds. */
  readonly dynamic_multiplier_percentage?: number;
}

const percentile: ValueCheck<number> = (value) => {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && number >= 0 && number <= 100
    ? undefined
    : 'is no percentile; write a number from 0 to 100 without quotes';
};

/** Keys of `PriorityMode::Custom` in `crates/boundless-market/src/dynamic_gas_filler.rs` upstream, v1.2.0 to v1.2.2. */
const customKeys: Readonly<Record<keyof CustomGasPriority, ValueCheck>> = {
  base_fee_multiplier_percentage: u64,
  priority_fee_multiplier_percentage: u64,
  priority_fee_percentile: percentile,
  dynamic_multiplier_percentage: u64,
};

const word = oneOf({ low: '1.2.0', medium: '1.2.0', high: '1.2.0' });

/** A word, or a table of the custom mode. The broker ignores keys of that table which it does not know. */
export const gasPriority: ValueCheck<'low' | 'medium' | 'high' | { readonly custom: CustomGasPriority }> = (
  value,
  release,
) => {
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== 'custom')
    return word(value, release);
  const { custom } = value as { custom: unknown };
  if (typeof custom !== 'object' || custom === null || Array.isArray(custom))
    return `has no table in custom; write keys of ${Object.keys(customKeys).join(', ')}`;
  for (const [key, inner] of Object.entries(custom)) {
    if (!Object.hasOwn(customKeys, key))
      return `has ${key} in custom, which the broker would ignore; did you mean ${closest(key, Object.keys(customKeys))}?`;
    const problem = customKeys[key as keyof CustomGasPriority](inner, release);
    if (problem !== undefined) return `has ${key} in custom, which ${problem}`;
  }
  return undefined;
};
