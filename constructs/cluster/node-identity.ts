import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile';
import { Construct } from 'constructs';
import { arns, policies, roles, type NodeRole } from '../../config/names';
import { serviceTrust } from '../base/policy';
import { Role } from '../base/role';
import { nodePermissions, type NodeAccount } from './node-permissions';

export interface NodeIdentityProps extends NodeAccount {
  readonly role: NodeRole;
}

/** Who a machine of the cluster is. */
export class NodeIdentity extends Construct {
  readonly profileName: string;

  constructor(scope: Construct, id: string, { role, ...account }: NodeIdentityProps) {
    super(scope, id);
    const name = roles.node(account.environment, role);
    const identity = new Role(this, 'Role', {
      name,
      description: `Machines of role ${role} in ${account.environment}`,
      trust: serviceTrust('ec2.amazonaws.com'),
      permissionsBoundary: arns.policy(account.accountId, policies.nodeBoundary),
      statements: nodePermissions(account, role),
    });
    this.profileName = new IamInstanceProfile(this, 'Profile', { name, role: identity.name }).name;
  }
}
