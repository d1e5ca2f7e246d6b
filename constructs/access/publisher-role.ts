import { Construct } from 'constructs';
import { pointerPath, roles } from '../../config/names';
import { roleTrust } from '../base/policy';
import { Role } from '../base/role';

export interface PublisherRoleProps {
  readonly accountId: string;
  readonly opsAccountId: string;
  readonly region: string;
}

/** What the sharing Lambda of the ops account, and nobody else, may do in this account: move the image pointers. */
export class PublisherRole extends Construct {
  constructor(scope: Construct, id: string, { accountId, opsAccountId, region }: PublisherRoleProps) {
    super(scope, id);
    new Role(this, 'Default', {
      name: roles.publisher,
      description: 'Moves the image pointers of this account, for the sharing Lambda of the ops account',
      trust: roleTrust(opsAccountId, [roles.sharing]),
      statements: [
        {
          Sid: 'MovePointers',
          Action: ['ssm:GetParameter', 'ssm:PutParameter'],
          Resource: `arn:aws:ssm:${region}:${accountId}:parameter${pointerPath}/*/latest`,
        },
        {
          // Parameter Store checks image ids with its caller's rights (ami-factory.md C4.10), and the action has no
          // resources.
          Sid: 'CheckImageIds',
          Action: 'ec2:DescribeImages',
          Resource: '*',
          Condition: { StringEquals: { 'aws:RequestedRegion': region } },
        },
      ],
    });
  }
}
