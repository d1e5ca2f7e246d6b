import { Construct } from 'constructs';
import { roles } from '../../config/names';
import { autoScalingRole, roleTrust } from '../base/policy';
import { Role } from '../base/role';
import { AccountStack } from '../base/account-stack';

export interface LaunchReaderRoleProps {
  readonly opsAccountId: string;
}

/**
 * Lets the sharing Lambda of the ops account look whether instances can start: whether Auto Scaling's own role is there,
 * and which images are allowed. Apart from the publisher role, which changes things and is kept to what it changes.
 */
export class LaunchReaderRole extends Construct {
  constructor(scope: Construct, id: string, { opsAccountId }: LaunchReaderRoleProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    new Role(this, 'Default', {
      name: roles.launchReader,
      description: 'Checks that instances can start, for the sharing Lambda of the ops account',
      trust: roleTrust(opsAccountId, [roles.sharing]),
      statements: [
        { Sid: 'ReadAutoScalingRole', Action: 'iam:GetRole', Resource: autoScalingRole(account.accountId) },
        {
          // It has no resources (Service Authorization Reference, "Amazon EC2").
          Sid: 'ReadAllowedImages',
          Action: 'ec2:GetAllowedImagesSettings',
          Resource: '*',
          Condition: account.inRegion,
        },
      ],
    });
  }
}
