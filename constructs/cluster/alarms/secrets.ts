import { Construct } from 'constructs';
import { nodeRoles } from '../../../config/names';
import { LogCount } from './log-count';
import { unitFailure } from './machines';
import { all, is, pattern, says } from './patterns';
import type { AlarmsProps } from './props';

/** A machine that cannot take what has changed tries again each hour (`scripts/boot/refresh.py`): one that fails thrice. */
const when = { atLeast: 3, minutes: 180 } as const;

/** Machines that go on with the secrets and settings that they had. They work, until what they have is valid no more. */
export class StaleSecrets extends Construct {
  readonly alarms: readonly LogCount[];

  constructor(scope: Construct, id: string, { environment, logGroupNames }: AlarmsProps) {
    super(scope, id);
    this.alarms = nodeRoles.map(
      (role) =>
        new LogCount(this, role, {
          environment,
          alarm: `${role}-secrets-stale`,
          description: `${role} instances fail to apply changed secrets and settings.`,
          logGroupName: logGroupNames[role],
          // However it ended, a timeout as well: systemd says so on both roles.
          pattern: pattern(all(is('unit', 'bento-refresh.service'), says(unitFailure.manager))),
          ...when,
        }),
    );
  }
}
