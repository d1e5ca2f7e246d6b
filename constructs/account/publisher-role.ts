import { Construct } from 'constructs';
import { imageTags, pointerPath, roles, validatedImagesName } from '../../config/names';
import { roleTrust } from '../base/policy';
import { Role } from '../base/role';
import { AccountStack } from '../base/account-stack';

export interface PublisherRoleProps {
  readonly opsAccountId: string;
}

/**
 * What the sharing Lambda of the ops account, and nobody else, may do in this account: move the image pointers, pin them,
 * and tag images of the ops account with the factory's tags.
 */
export class PublisherRole extends Construct {
  constructor(scope: Construct, id: string, { opsAccountId }: PublisherRoleProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const pointers = (name: string) => account.parameter(`${pointerPath}/*/${name}`);
    new Role(this, 'Default', {
      name: roles.publisher,
      description: 'Moves the image pointers of this account, for the sharing Lambda of the ops account',
      trust: roleTrust(opsAccountId, [roles.sharing]),
      statements: [
        {
          Sid: 'ReadPointers',
          Action: 'ssm:GetParameters',
          Resource: [...['latest', 'pinned', 'validated'].map(pointers), account.parameter(validatedImagesName)],
        },
        {
          // Not `validated`: the deployment of staging writes it.
          Sid: 'MovePointers',
          Action: 'ssm:PutParameter',
          Resource: [pointers('latest'), pointers('pinned')],
        },
        { Sid: 'Unpin', Action: 'ssm:DeleteParameter', Resource: pointers('pinned') },
        {
          Sid: 'TagFactoryImages',
          Action: 'ec2:CreateTags',
          Resource: account.regionalArn('ec2', 'image/*'),
          Condition: {
            StringEquals: { 'ec2:Owner': opsAccountId },
            'ForAllValues:StringEquals': { 'aws:TagKeys': imageTags },
            Null: { 'aws:TagKeys': 'false' },
          },
        },
        {
          // Parameter Store checks image ids with its caller's rights (docs/facts/images.md#image-parameters), the
          // Lambda reads the tags back, and the action has no resources.
          Sid: 'DescribeImages',
          Action: 'ec2:DescribeImages',
          Resource: '*',
          Condition: account.inRegion,
        },
      ],
    });
  }
}
