import type { BrokerValues } from './broker/keys';

export interface BalanceProblem {
  /** The key of `broker.market`. */
  readonly key: string;
  readonly message: string;
}

/** Thresholds of a balance: the one that warns, the one that is an error, each under its names. */
const thresholds = [
  { warn: ['balance_warn_threshold'], error: ['balance_error_threshold'] },
  {
    warn: ['collateral_balance_warn_threshold', 'stake_balance_warn_threshold'],
    error: ['collateral_balance_error_threshold', 'stake_balance_error_threshold'],
  },
] as const;

/** The broker compares with the error first: a warning at or below it would never come, nor would its alarm. */
export function problemsOfBalances(market: BrokerValues['market']): BalanceProblem[] {
  const values = market as Readonly<Record<string, unknown>>;
  const set = (names: readonly string[]) => names.find((name) => typeof values[name] === 'string');
  return thresholds.flatMap(({ warn, error }) => {
    const [key, other] = [set(warn), set(error)];
    if (key === undefined || other === undefined || Number(values[key]) > Number(values[other])) return [];
    const message = `is not above ${other}, ${String(values[other])}, so that it would never warn; choose more`;
    return [{ key, message }];
  });
}
