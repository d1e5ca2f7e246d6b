import { codeBuildProjects, packerBuilderProfile } from '../../config/names';
import type { Statement } from '../base/policy';

export interface PackerPermissionsProps {
  readonly accountId: string;
  readonly region: string;
  readonly imageKeyArn: string;
  readonly builderRoleArn: string;
}

/**
 * What Packer needs to bake an image, cut down to the machines, volumes and images that it tags as its own
 * (ami-factory.md C7, from the list in the documentation of the amazon plugin).
 *
 * Left out on purpose: `ModifyImageAttribute` and `ModifySnapshotAttribute` (sharing is the Lambda's alone, and which
 * condition key says that a call changes something else is not documented; `lambda/packer-ami-sharing/imds-support.ts`),
 * and `DeregisterImage` and `DeleteSnapshot` (a build must not be able to destroy what is in use; retirement cleans up).
 */
export function packerPermissions({
  accountId,
  region,
  imageKeyArn,
  builderRoleArn,
}: PackerPermissionsProps): Statement[] {
  const ec2 = (type: string, name = '*') => `arn:aws:ec2:${region}:${accountId}:${type}/${name}`;
  const publicEc2 = (type: string) => `arn:aws:ec2:${region}::${type}/*`;
  const inRegion = { 'aws:RequestedRegion': region };
  const own = { StringEquals: { 'aws:ResourceTag/ManagedBy': 'packer' } };
  const taggedAsOwn = { StringEquals: { 'aws:RequestTag/ManagedBy': 'packer' } };

  return [
    {
      // Describe actions have no resources (Service Authorization Reference, "Amazon EC2").
      Sid: 'Read',
      Action: [
        // Why a fleet launched nothing: `packer/build/spot-failure.sh`.
        'ec2:DescribeFleets',
        'ec2:DescribeImages',
        'ec2:DescribeInstanceStatus',
        'ec2:DescribeInstances',
        // Keys and templates that a crash of Packer's plugin leaves: `packer/build/end-leftovers.sh`.
        'ec2:DescribeKeyPairs',
        'ec2:DescribeLaunchTemplates',
        'ec2:DescribeRegions',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVolumes',
      ],
      Resource: '*',
      Condition: { StringEquals: inRegion },
    },
    {
      // Whether a build exported the image that is there: `packer/build/find-image.sh`.
      Sid: 'ReadRecordsOfBuilds',
      Action: 'codebuild:BatchGetBuilds',
      Resource: `arn:aws:codebuild:${region}:${accountId}:project/${codeBuildProjects.packer}`,
    },
    {
      // Spot builders start from a template that Packer makes for each of them, tagged by `spot_tags`.
      Sid: 'TemporaryTemplates',
      Action: 'ec2:CreateLaunchTemplate',
      Resource: ec2('launch-template'),
      Condition: taggedAsOwn,
    },
    {
      // No tag is demanded here: Packer tags a spot machine only once it runs.
      Sid: 'Launch',
      Action: ['ec2:RunInstances', 'ec2:CreateFleet'],
      Resource: [
        ec2('fleet'),
        ec2('instance'),
        ec2('key-pair', 'packer_*'),
        ec2('launch-template'),
        ec2('network-interface'),
        ec2('security-group'),
        ec2('subnet'),
        ec2('volume'),
        publicEc2('image'),
        publicEc2('snapshot'),
      ],
      Condition: { StringEquals: inRegion },
    },
    { Sid: 'TemporaryKeys', Action: ['ec2:CreateKeyPair', 'ec2:DeleteKeyPair'], Resource: ec2('key-pair', 'packer_*') },
    {
      // Packer makes a group without rules for each build; Session Manager needs none.
      Sid: 'TemporarySecurityGroups',
      Action: 'ec2:CreateSecurityGroup',
      Resource: [ec2('security-group'), ec2('vpc')],
      Condition: { StringEquals: inRegion },
    },
    {
      Sid: 'OwnMachines',
      Action: ['ec2:DeleteLaunchTemplate', 'ec2:DeleteSecurityGroup', 'ec2:StopInstances', 'ec2:TerminateInstances'],
      Resource: [ec2('instance'), ec2('launch-template'), ec2('security-group')],
      Condition: own,
    },
    { Sid: 'ImageOfOwnMachine', Action: 'ec2:CreateImage', Resource: ec2('instance'), Condition: own },
    { Sid: 'ImageItself', Action: 'ec2:CreateImage', Resource: [publicEc2('image'), publicEc2('snapshot')] },
    {
      Sid: 'TagAsOwn',
      Action: 'ec2:CreateTags',
      Resource: [`arn:aws:ec2:${region}:${accountId}:*/*`, publicEc2('image'), publicEc2('snapshot')],
      Condition: taggedAsOwn,
    },
    {
      Sid: 'EncryptVolumes',
      Action: [
        'kms:Decrypt',
        'kms:DescribeKey',
        'kms:Encrypt',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ],
      Resource: imageKeyArn,
    },
    {
      Sid: 'GrantKeyToVolumes',
      Action: 'kms:CreateGrant',
      Resource: imageKeyArn,
      Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    },
    {
      Sid: 'GiveBuildersTheirRole',
      Action: 'iam:PassRole',
      Resource: builderRoleArn,
      Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
    {
      Sid: 'FindBuilderProfile',
      Action: 'iam:GetInstanceProfile',
      Resource: `arn:aws:iam::${accountId}:instance-profile/${packerBuilderProfile}`,
    },
    {
      Sid: 'OpenSessions',
      Action: 'ssm:StartSession',
      Resource: ec2('instance'),
      Condition: { StringEquals: { 'ssm:resourceTag/ManagedBy': 'packer' } },
    },
    {
      Sid: 'SessionsForwardPorts',
      Action: 'ssm:StartSession',
      Resource: `arn:aws:ssm:${region}::document/AWS-StartPortForwardingSession`,
    },
    {
      // A session is named after the role session that opened it; CodeBuild's start like this.
      // Newer plugins open the channel with the caller's rights, and take it up again after a break (AWS Systems Manager
      // User Guide, "Sample IAM policies for Session Manager").
      Sid: 'UseOwnSessions',
      Action: ['ssm:ResumeSession', 'ssm:TerminateSession', 'ssmmessages:OpenDataChannel'],
      Resource: `arn:aws:ssm:${region}:${accountId}:session/AWSCodeBuild-*`,
    },
  ];
}
