import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile';
import { Construct } from 'constructs';
import { policies, roles, type InstanceRole } from '../../../config/names';
import { serviceTrust } from '../../base/policy';
import { Role } from '../../base/role';
import { run } from './instance-rights';
import { AccountStack } from '../../base/account-stack';

export interface InstanceIdentityProps {
  readonly role: InstanceRole;
}

/** Who an instance of the cluster is. */
export class InstanceIdentity extends Construct {
  readonly profileName: string;

  constructor(scope: Construct, id: string, { role }: InstanceIdentityProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const name = roles.instance(account.environment, role);
    const identity = new Role(this, 'Role', {
      name,
      description: `Instances of role ${role} in ${account.environment}`,
      trust: serviceTrust('ec2.amazonaws.com'),
      permissionsBoundary: account.policy(policies.instanceBoundary),
      statements: run(account, role),
    });
    this.profileName = new IamInstanceProfile(this, 'Profile', { name, role: identity.name }).name;
  }
}
