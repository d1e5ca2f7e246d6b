import { Construct } from 'constructs';
import { roles } from '../../config/names';
import { autoScalingRole, roleTrust } from '../base/policy';
import { Role } from '../base/role';

export interface LaunchReaderRoleProps {
  readonly accountId: string;
  readonly opsAccountId: string;
  readonly region: string;
}

/**
 * Lets the sharing Lambda of the ops account look whether instances can start: whether Auto Scaling's own role is there,
 * and which images are allowed. Apart from the publisher role, which changes things and is kept to what it changes.
 */
export class LaunchReaderRole extends Construct {
  constructor(scope: Construct, id: string, { accountId, opsAccountId, region }: LaunchReaderRoleProps) {
    super(scope, id);
    new Role(this, 'Default', {
      name: roles.launchReader,
      description: 'Checks that instances can start, for the sharing Lambda of the ops account',
      trust: roleTrust(opsAccountId, [roles.sharing]),
      statements: [
        { Sid: 'SeeTheRole', Action: 'iam:GetRole', Resource: autoScalingRole(accountId) },
        {
          // It has no resources (Service Authorization Reference, "Amazon EC2").
          Sid: 'SeeAllowedImages',
          Action: 'ec2:GetAllowedImagesSettings',
          Resource: '*',
          Condition: { StringEquals: { 'aws:RequestedRegion': region } },
        },
      ],
    });
  }
}
