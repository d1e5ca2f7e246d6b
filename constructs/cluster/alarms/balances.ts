import { Construct } from 'constructs';
import { broker } from './broker';
import { LogCount } from './log-count';
import { all, contains, pattern } from './patterns';
import type { AlarmsProps } from './props';
import { AccountStack } from '../../base/account-stack';

export interface BalancesProps extends AlarmsProps {
  readonly actions: readonly string[];
}

const balances = {
  gas: { code: 'B-BAL-ETH', what: 'ETH for gas', thresholds: 'balance_warn_threshold and balance_error_threshold' },
  collateral: {
    code: 'B-BAL-STK',
    what: 'collateral',
    thresholds: 'collateral_balance_warn_threshold and collateral_balance_error_threshold',
  },
} as const;

/**
 * Balances of the broker's wallet. It looks when it sends a transaction, and logs it each time with the level of the
 * threshold (`balance_alerts_layer.rs` upstream): hours without one do not wake anybody twice. Each notifies by itself, so
 * that the second threshold notifies again when the first was missed.
 */
export class Balances extends Construct {
  constructor(scope: Construct, id: string, { logGroupNames, actions }: BalancesProps) {
    super(scope, id);
    const { environment } = AccountStack.of(this).account;
    for (const balance of ['gas', 'collateral'] as const) {
      const { code, what, thresholds } = balances[balance];
      for (const [suffix, level] of [
        ['low', 'WARN'],
        ['out', 'ERROR'],
      ] as const)
        new LogCount(this, `${balance}-${suffix}`, {
          alarm: `${balance}-${suffix}`,
          description:
            `The wallet of ${environment} has ${suffix === 'low' ? 'little' : 'almost no'} ${what} left (${thresholds} ` +
            'in broker.market). Send some; the alarm returns to OK six hours after the last line. ' +
            'docs/cluster-alarms.md, "Balances".',
          logGroupName: logGroupNames.manager,
          pattern: pattern(all(broker, contains(level), contains(`[${code}]`))),
          atLeast: 1,
          minutes: 360,
          actions,
        });
    }
  }
}
