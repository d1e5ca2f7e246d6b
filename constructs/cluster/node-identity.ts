import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile';
import { Construct } from 'constructs';
import { arns, policies, roles, type NodeRole } from '../../config/names';
import { serviceTrust } from '../base/policy';
import { Role } from '../base/role';
import { sessionAgentStatement } from '../base/session-agent';

export interface NodeIdentityProps {
  readonly environment: string;
  readonly accountId: string;
  readonly role: NodeRole;
}

/** What a machine of the cluster may do: answer Session Manager, so far. */
export class NodeIdentity extends Construct {
  readonly profileName: string;

  constructor(scope: Construct, id: string, { environment, accountId, role }: NodeIdentityProps) {
    super(scope, id);
    const name = roles.node(environment, role);
    const identity = new Role(this, 'Role', {
      name,
      description: `Machines of role ${role} in ${environment}`,
      trust: serviceTrust('ec2.amazonaws.com'),
      permissionsBoundary: arns.policy(accountId, policies.nodeBoundary),
      statements: [sessionAgentStatement()],
    });
    this.profileName = new IamInstanceProfile(this, 'Profile', { name, role: identity.name }).name;
  }
}
