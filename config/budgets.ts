import type { ConfigurationProblem } from './problem';
import type { EnvironmentConfig, OpsConfig } from './schema';

/** AWS Budgets takes at most 10 addresses, and a budget that notifies no address is none. */
const mostBudgetEmails = 10;

export function problemsOfBudget(
  file: string,
  { monthlyBudgetUsd: value, notifications }: OpsConfig | EnvironmentConfig,
): ConfigurationProblem[] {
  const { length } = notifications.alarmEmails;
  if (value === null || (length > 0 && length <= mostBudgetEmails)) return [];
  const message = `can notify 1 to ${mostBudgetEmails} addresses, not ${length}; correct notifications.alarmEmails, or set null`;
  return [{ file, field: 'monthlyBudgetUsd', value, message }];
}
