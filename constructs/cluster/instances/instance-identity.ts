import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile';
import { Construct } from 'constructs';
import { roles, type InstanceRole } from '../../../config/names';
import { serviceTrust } from '../../base/policy';
import { BoundedRole } from '../../base/bounded-role';
import { run } from './instance-rights';
import { AccountStack } from '../../base/account-stack';

export interface InstanceIdentityProps {
  readonly role: InstanceRole;
}

/** Who an instance of the cluster is. The profile has the name of its role. */
export class InstanceIdentity extends Construct {
  constructor(scope: Construct, id: string, { role }: InstanceIdentityProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const name = roles.instance(account.environment, role);
    const identity = new BoundedRole(this, 'Default', {
      name,
      description: `Instances of role ${role} in ${account.environment}`,
      trust: serviceTrust('ec2.amazonaws.com'),
      statements: run(account, role),
    });
    new IamInstanceProfile(this, 'Profile', { name, role: identity.name });
  }
}
