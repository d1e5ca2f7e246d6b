import { DlmLifecyclePolicy } from '@cdktf/provider-aws/lib/dlm-lifecycle-policy';
import { Construct } from 'constructs';
import { arns, policies, roles } from '../../config/names';
import { serviceTrust } from '../base/policy';
import { Role } from '../base/role';
import { snapshotPermissions, type NodeAccount } from './node-permissions';

export interface DailySnapshotsProps extends NodeAccount {
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
    const { environment, accountId, name, targetTags, snapshots } = props;
    const role = new Role(this, 'Role', {
      name: roles.snapshots(environment),
      description: `Makes snapshots of ${name}`,
      trust: serviceTrust('dlm.amazonaws.com'),
      permissionsBoundary: arns.policy(accountId, policies.nodeBoundary),
      statements: snapshotPermissions(props),
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
