import { Construct } from 'constructs';
import { brokerErrorFamilies } from './names';
import { brokerErrors, unexpectedCode } from './broker-errors';
import { LogCount } from './log-count';
import { all, any, is, matches, pattern, contains } from './patterns';
import type { AlarmsProps } from './props';

/** Lines of the broker itself, and of systemd about it. */
export const broker = is('unit', 'bento-broker.service');

/** Errors of the broker by their codes and messages. Its lines reach the journal by standard output, all of one level. */
export class BrokerErrors extends Construct {
  readonly alarms: readonly LogCount[];

  constructor(scope: Construct, id: string, { logGroupNames }: AlarmsProps) {
    super(scope, id);
    this.alarms = brokerErrorFamilies.map((family) => {
      const { texts, atLeast, minutes, meaning } = brokerErrors[family];
      const line = texts === 'unexpected' ? matches(unexpectedCode) : any(...texts.map(contains));
      return new LogCount(this, family, {
        alarm: `broker-${family}`,
        description: `At least ${atLeast} within ${minutes} minutes: ${meaning}. docs/cluster-alarms.md, "Broker".`,
        logGroupName: logGroupNames.manager,
        pattern: pattern(all(broker, line)),
        atLeast,
        minutes,
      });
    });
  }
}
