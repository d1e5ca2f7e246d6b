import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile';
import { Construct } from 'constructs';
import { packerBuilderProfile, roles } from '../../../config/names';
import { serviceTrust } from '../../base/policy';
import { Role } from '../../base/role';
import { sessionAgentStatement } from '../../base/session-agent';

/** What the instance that an image is baked on may do: answer Session Manager, and nothing else. */
export class Builder extends Construct {
  readonly roleArn: string;
  readonly profileName: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      name: roles.packerBuilder,
      description: 'Instances that images are baked on',
      trust: serviceTrust('ec2.amazonaws.com'),
      statements: [sessionAgentStatement()],
    });
    const profile = new IamInstanceProfile(this, 'Profile', { name: packerBuilderProfile, role: role.name });
    this.roleArn = role.arn;
    this.profileName = profile.name;
  }
}
