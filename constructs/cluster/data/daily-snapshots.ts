import { DlmLifecyclePolicy } from '@cdktf/provider-aws/lib/dlm-lifecycle-policy';
import { Construct } from 'constructs';
import { roles } from '../../../config/names';
import { AccountStack } from '../../base/account-stack';

export interface DailySnapshotsProps {
  /** Name of the volume. */
  readonly name: string;
  /** Tags that choose it, and nothing else carries. */
  readonly targetTags: Readonly<Record<string, string>>;
  /** How many are kept. */
  readonly snapshots: number;
}

/** Snapshots each night, by Data Lifecycle Manager (Amazon EBS User Guide, "Automate backups"). */
export class DailySnapshots extends Construct {
  constructor(scope: Construct, id: string, props: DailySnapshotsProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const { name, targetTags, snapshots } = props;
    new DlmLifecyclePolicy(this, 'Resource', {
      description: `Daily snapshots of ${name}`,
      // The account's stack makes it.
      executionRoleArn: account.role(roles.snapshots(account.environment)),
      state: 'ENABLED',
      policyDetails: {
        resourceTypes: ['VOLUME'],
        targetTags: { ...targetTags },
        schedule: [
          {
            name: 'daily',
            createRule: { interval: 24, intervalUnit: 'HOURS', times: ['03:00'] },
            retainRule: { count: snapshots },
            // So that the right to remove snapshots can be cut down to these.
            copyTags: true,
          },
        ],
      },
    });
  }
}
