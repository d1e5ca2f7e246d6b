import { Construct } from 'constructs';
import { instanceRoles } from '../../../config/names';
import { LogCount } from './log-count';
import { unitFailure } from './instances';
import { all, is, pattern, contains } from './patterns';
import type { AlarmsProps } from './props';

/** An instance that cannot take what has changed tries again each hour (`scripts/boot/refresh.py`): one that fails thrice. */
const when = { atLeast: 3, minutes: 180 } as const;

/** Instances that go on with the secrets and settings that they had. They work, until what they have is valid no more. */
export class StaleSecrets extends Construct {
  readonly alarms: readonly LogCount[];

  constructor(scope: Construct, id: string, { logGroupNames }: AlarmsProps) {
    super(scope, id);
    this.alarms = instanceRoles.map(
      (role) =>
        new LogCount(this, role, {
          alarm: `${role}-secrets-stale`,
          description: `${role} instances fail to apply changed secrets and settings.`,
          logGroupName: logGroupNames[role],
          // However it ended, a timeout as well: systemd logs it on both roles.
          pattern: pattern(all(is('unit', 'bento-refresh.service'), contains(unitFailure.manager))),
          ...when,
        }),
    );
  }
}
