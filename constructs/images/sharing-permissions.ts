import {
  arns,
  codeBuildProjects,
  outcomeEvents,
  project,
  reconcilePositionName,
  roles,
  withdrawalAnnouncedTag,
  withdrawnTag,
} from '../../config/names';
import type { Statement } from '../base/policy';

export interface SharingPermissionsProps {
  readonly accountId: string;
  readonly region: string;
  readonly serviceAccountIds: readonly string[];
  readonly imageKeyArn: string;
}

/**
 * What the sharing Lambda does in its own account. A test shares, reconciles and withdraws, and compares the calls with
 * these statements: an action that is missing here or never used fails it.
 */
export function sharingPermissions({
  accountId,
  region,
  serviceAccountIds,
  imageKeyArn,
}: SharingPermissionsProps): Statement[] {
  const images = `arn:aws:ec2:${region}::image/*`;
  const ofThisFactory = { 'aws:ResourceTag/ManagedBy': 'packer', 'aws:ResourceTag/Project': project };
  return [
    {
      // These have no resources (Service Authorization Reference, "Amazon EC2"); reading is all they do.
      Sid: 'ReadImages',
      Action: ['ec2:DescribeImageAttribute', 'ec2:DescribeImages', 'ec2:DescribeSnapshots'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestedRegion': region } },
    },
    {
      Sid: 'ShareAndDeprecateImagesOfThisFactory',
      Action: ['ec2:EnableImageDeprecation', 'ec2:ModifyImageAttribute'],
      Resource: images,
      Condition: { StringEquals: ofThisFactory },
    },
    {
      // Such as one that lost its tags: whoever may launch it is taken away, above all everybody.
      Sid: 'MakePublicImagesPrivate',
      Action: 'ec2:ModifyImageAttribute',
      Resource: images,
      Condition: { Bool: { 'ec2:Public': 'true' }, StringEquals: { 'ec2:Owner': accountId } },
    },
    {
      // No other tag: those of a build say what the image is.
      Sid: 'MarkWithdrawnImages',
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
      Resource: `arn:aws:codebuild:${region}:${accountId}:project/${codeBuildProjects.packer}`,
    },
    {
      Sid: 'CheckWhoMayUseTheImageKey',
      Action: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:ListGrants'],
      Resource: imageKeyArn,
    },
    {
      // Where a reconcile run goes on: this one parameter.
      Sid: 'KeepThePositionOfReconcile',
      Action: ['ssm:GetParameters', 'ssm:PutParameter'],
      Resource: `arn:aws:ssm:${region}:${accountId}:parameter${reconcilePositionName}`,
    },
    {
      Sid: 'TellOutcomes',
      Action: 'events:PutEvents',
      Resource: `arn:aws:events:${region}:${accountId}:event-bus/default`,
      Condition: { StringEquals: { 'events:source': outcomeEvents.source } },
    },
    {
      // One ARN for both roles of an account: two for each of 100 accounts are more than a role's policies may hold (IAM
      // quotas). Of the roles that are called like this, only those two trust this one.
      Sid: 'ActInServiceAccounts',
      Action: 'sts:AssumeRole',
      Resource: serviceAccountIds.map((serviceAccount) => arns.role(serviceAccount, roles.sharingFamily)),
    },
  ];
}
