import { DlmLifecyclePolicy } from '@cdktf/provider-aws/lib/dlm-lifecycle-policy';
import { Construct } from 'constructs';
import { policies, roles } from '../../../config/names';
import { serviceTrust } from '../../base/policy';
import { Role } from '../../base/role';
import { run } from './rights';
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
    const role = new Role(this, 'Role', {
      name: roles.snapshots(account.environment),
      description: `Makes snapshots of ${name}`,
      trust: serviceTrust('dlm.amazonaws.com'),
      permissionsBoundary: account.policy(policies.instanceBoundary),
      statements: run(account),
    });
    new DlmLifecyclePolicy(this, 'Resource', {
      description: `Daily snapshots of ${name}`,
      executionRoleArn: role.arn,
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
      dependsOn: [role.permissions],
    });
  }
}
