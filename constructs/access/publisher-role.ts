import { Construct } from 'constructs';
import { imageTags, pointerPath, roles, validatedImagesName } from '../../config/names';
import { roleTrust } from '../base/policy';
import { Role } from '../base/role';

export interface PublisherRoleProps {
  readonly accountId: string;
  readonly opsAccountId: string;
  readonly region: string;
}

/**
 * What the sharing Lambda of the ops account, and nobody else, may do in this account: move the image pointers, pin them,
 * and tag images of the ops account with the factory's tags.
 */
export class PublisherRole extends Construct {
  constructor(scope: Construct, id: string, { accountId, opsAccountId, region }: PublisherRoleProps) {
    super(scope, id);
    const pointers = (name: string) => `arn:aws:ssm:${region}:${accountId}:parameter${pointerPath}/*/${name}`;
    new Role(this, 'Default', {
      name: roles.publisher,
      description: 'Moves the image pointers of this account, for the sharing Lambda of the ops account',
      trust: roleTrust(opsAccountId, [roles.sharing]),
      statements: [
        {
          Sid: 'ReadPointers',
          Action: 'ssm:GetParameters',
          Resource: [
            ...['latest', 'pinned', 'validated'].map(pointers),
            `arn:aws:ssm:${region}:${accountId}:parameter${validatedImagesName}`,
          ],
        },
        {
          // Not `validated`: that is for the deployment of staging to say.
          Sid: 'MovePointers',
          Action: 'ssm:PutParameter',
          Resource: [pointers('latest'), pointers('pinned')],
        },
        { Sid: 'Unpin', Action: 'ssm:DeleteParameter', Resource: pointers('pinned') },
        {
          Sid: 'TagImagesOfTheFactory',
          Action: 'ec2:CreateTags',
          Resource: `arn:aws:ec2:${region}::image/*`,
          Condition: {
            StringEquals: { 'ec2:Owner': opsAccountId },
            'ForAllValues:StringEquals': { 'aws:TagKeys': imageTags },
            Null: { 'aws:TagKeys': 'false' },
          },
        },
        {
          // Parameter Store checks image ids with its caller's rights (ami-factory.md C4.10), the Lambda reads the tags
          // back, and the action has no resources.
          Sid: 'SeeImages',
          Action: 'ec2:DescribeImages',
          Resource: '*',
          Condition: { StringEquals: { 'aws:RequestedRegion': region } },
        },
      ],
    });
  }
}
