import { prices } from './prices';
import type { OpsConfig } from './schema';

/**
 * What a GiB of a snapshot costs a month, in USD: the standard tier (`prices.ts`). The report of
 * a retirement has what it freed by this price; an invoice has what it was.
 */
export const snapshotUsdPerGiBMonth = prices.perGiBMonth.snapshot;

/** The variable RETIREMENT of the cleanup Lambda: what of the configuration decides about images. */
export function retirementPolicy(retirement: OpsConfig['retirement']): string {
  const others: readonly string[] = ['dryRun', 'recycleBinDays'] satisfies readonly (keyof OpsConfig['retirement'])[];
  const policy = Object.entries(retirement).filter(([name]) => !others.includes(name));
  return JSON.stringify({ ...Object.fromEntries(policy), snapshotUsdPerGiBMonth });
}
