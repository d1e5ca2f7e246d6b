import {
  arns,
  codeBuildProjects,
  outcomeEvents,
  project,
  reconcilePositionName,
  roles,
  withdrawalAnnouncedTag,
  withdrawnTag,
} from '../../../config/names';
import type { Statement } from '../../base/policy';
import type { Account } from '../../base/account';

export interface SharingRightsProps {
  readonly serviceAccountIds: readonly string[];
  readonly imageKeyArn: string;
}

/**
 * What the sharing Lambda does in its own account. A test shares, reconciles and withdraws, and compares the calls with
 * these statements: an action that is missing here or never used fails it.
 */
export function run(account: Account, { serviceAccountIds, imageKeyArn }: SharingRightsProps): Statement[] {
  const images = account.regionalArn('ec2', 'image/*');
  const ofThisFactory = { 'aws:ResourceTag/ManagedBy': 'packer', 'aws:ResourceTag/Project': project };
  return [
    {
      // These have no resources (Service Authorization Reference, "Amazon EC2"); reading is all they do.
      Sid: 'ReadImages',
      Action: ['ec2:DescribeImageAttribute', 'ec2:DescribeImages', 'ec2:DescribeSnapshots'],
      Resource: '*',
      Condition: account.inRegion,
    },
    {
      Sid: 'ShareAndDeprecateFactoryImages',
      Action: ['ec2:EnableImageDeprecation', 'ec2:ModifyImageAttribute'],
      Resource: images,
      Condition: { StringEquals: ofThisFactory },
    },
    {
      // Such as one that lost its tags: every launch permission is taken away, above all that of all accounts.
      Sid: 'MakePublicImagesPrivate',
      Action: 'ec2:ModifyImageAttribute',
      Resource: images,
      Condition: { Bool: { 'ec2:Public': 'true' }, StringEquals: { 'ec2:Owner': account.accountId } },
    },
    {
      // No other tag: those of a build describe the image.
      Sid: 'TagWithdrawnImages',
      Action: 'ec2:CreateTags',
      Resource: images,
      Condition: {
        StringEquals: ofThisFactory,
        'ForAllValues:StringEquals': { 'aws:TagKeys': [withdrawnTag, withdrawalAnnouncedTag] },
        Null: { 'aws:TagKeys': 'false' },
      },
    },
    {
      Sid: 'ReadBuilds',
      Action: 'codebuild:BatchGetBuilds',
      Resource: account.arn('codebuild', `project/${codeBuildProjects.packer}`),
    },
    {
      Sid: 'ReadImageKeyPolicy',
      Action: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:ListGrants'],
      Resource: imageKeyArn,
    },
    {
      // Where a reconcile run goes on: this one parameter.
      Sid: 'ReadWriteReconcilePosition',
      Action: ['ssm:GetParameters', 'ssm:PutParameter'],
      Resource: account.parameter(reconcilePositionName),
    },
    {
      Sid: 'PublishOutcomes',
      Action: 'events:PutEvents',
      Resource: account.arn('events', 'event-bus/default'),
      Condition: { StringEquals: { 'events:source': outcomeEvents.source } },
    },
    {
      // One ARN for both roles of an account: two for each of 100 accounts are more than a role's policies may hold (IAM
      // quotas). Of the roles that are called like this, only those two trust this one.
      Sid: 'AssumeServiceAccountRoles',
      Action: 'sts:AssumeRole',
      Resource: serviceAccountIds.map((serviceAccount) => arns.role(serviceAccount, roles.sharingFamily)),
    },
  ];
}
