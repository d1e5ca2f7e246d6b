import { codeBuildProjects, imageTags, packerBuilderProfile } from '../../../config/names';
import type { Statement } from '../../base/policy';
import type { Account } from '../../base/account';

export interface BuildRightsProps {
  readonly imageKeyArn: string;
  readonly builderRoleArn: string;
  /** What builders are: configuration has one type for each image. */
  readonly instanceTypes: readonly string[];
}

/**
 * What Packer needs to bake an image, cut down to the instances, volumes and images that it tags as its own
 * (docs/facts/images.md#rights-of-packer).
 *
 * Left out on purpose: `ModifyImageAttribute` and `ModifySnapshotAttribute` (sharing is the Lambda's alone, and which
 * condition key a call carries that changes something else is not documented; `lambda/packer-ami-sharing/images/imds-support.ts`),
 * and `DeregisterImage` and `DeleteSnapshot` (a build must not be able to destroy what is in use; retirement cleans up).
 */
export function run(account: Account, { imageKeyArn, builderRoleArn, instanceTypes }: BuildRightsProps): Statement[] {
  const ec2 = (type: string, name = '*') => account.arn('ec2', `${type}/${name}`);
  const publicEc2 = (type: string) => account.regionalArn('ec2', `${type}/*`);
  const inRegion = account.inRegion.StringEquals;
  const own = { StringEquals: { 'aws:ResourceTag/ManagedBy': 'packer' } };
  const taggedAsOwn = { StringEquals: { 'aws:RequestTag/ManagedBy': 'packer' } };
  // What exists already gets the tags of a build, and no others (`packer/locals.pkr.hcl`).
  const knownTags = { 'ForAllValues:StringEquals': { 'aws:TagKeys': imageTags } };
  // A tag can be given to an instance of others; the profile only by who may pass its role, which is this build alone.
  const builders = {
    ArnEquals: { 'ec2:InstanceProfile': account.globalArn('iam', `instance-profile/${packerBuilderProfile}`) },
  };

  return [
    {
      // Describe actions have no resources (Service Authorization Reference, "Amazon EC2").
      Sid: 'DescribeBuilders',
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
      Sid: 'ReadBuildRecords',
      Action: 'codebuild:BatchGetBuilds',
      Resource: account.arn('codebuild', `project/${codeBuildProjects.packer}`),
    },
    {
      // Spot builders start from a template that Packer makes for each of them, tagged by `spot_tags`.
      Sid: 'TemporaryTemplates',
      Action: 'ec2:CreateLaunchTemplate',
      Resource: ec2('launch-template'),
      Condition: taggedAsOwn,
    },
    {
      // No tag is demanded here: Packer tags a spot instance only once it runs.
      Sid: 'RunBuilders',
      Action: ['ec2:RunInstances', 'ec2:CreateFleet'],
      Resource: [
        ec2('fleet'),
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
    {
      Sid: 'RunBuilderTypes',
      Action: ['ec2:RunInstances', 'ec2:CreateFleet'],
      Resource: ec2('instance'),
      Condition: { StringEquals: { ...inRegion, 'ec2:InstanceType': [...new Set(instanceTypes)].sort() } },
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
      Sid: 'ChangeOwnBuilders',
      Action: ['ec2:StopInstances', 'ec2:TerminateInstances'],
      Resource: ec2('instance'),
      Condition: builders,
    },
    {
      Sid: 'DeleteOwnLeftovers',
      Action: ['ec2:DeleteLaunchTemplate', 'ec2:DeleteSecurityGroup'],
      Resource: [ec2('launch-template'), ec2('security-group')],
      Condition: own,
    },
    { Sid: 'CreateImageFromOwnBuilder', Action: 'ec2:CreateImage', Resource: ec2('instance'), Condition: builders },
    { Sid: 'CreateImageResource', Action: 'ec2:CreateImage', Resource: [publicEc2('image'), publicEc2('snapshot')] },
    {
      Sid: 'TagOnCreate',
      Action: 'ec2:CreateTags',
      Resource: [
        ...['fleet', 'instance', 'key-pair', 'launch-template', 'network-interface', 'security-group', 'volume'].map(
          (type) => ec2(type),
        ),
        publicEc2('image'),
        publicEc2('snapshot'),
      ],
      Condition: {
        StringEquals: {
          ...taggedAsOwn.StringEquals,
          'ec2:CreateAction': [
            'CreateFleet',
            'CreateImage',
            'CreateKeyPair',
            'CreateLaunchTemplate',
            'CreateSecurityGroup',
            'RunInstances',
          ],
        },
      },
    },
    {
      // Packer tags an instance of a fleet once it runs (packer-plugin-amazon, `step_run_spot_instance.go`).
      Sid: 'TagOwnBuilders',
      Action: 'ec2:CreateTags',
      Resource: ec2('instance'),
      Condition: { ...taggedAsOwn, ...builders, ...knownTags },
    },
    {
      // And its spot request and volumes (same file), which have nothing that distinguishes them. With the tag they are no
      // use: no statement acts on one.
      Sid: 'TagVolumes',
      Action: 'ec2:CreateTags',
      Resource: [ec2('spot-instances-request'), ec2('volume')],
      Condition: { ...taggedAsOwn, ...knownTags },
    },
    {
      // It tags images and snapshots after it made them (`step_create_tags.go`).
      Sid: 'TagImages',
      Action: 'ec2:CreateTags',
      Resource: [publicEc2('image'), publicEc2('snapshot')],
      Condition: { StringEquals: { ...taggedAsOwn.StringEquals, 'ec2:Owner': account.accountId }, ...knownTags },
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
      Sid: 'PassBuilderRole',
      Action: 'iam:PassRole',
      Resource: builderRoleArn,
      Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
    {
      Sid: 'ReadBuilderProfile',
      Action: 'iam:GetInstanceProfile',
      Resource: account.globalArn('iam', `instance-profile/${packerBuilderProfile}`),
    },
    {
      // No key names the profile here; only instances with the profile can be given the tag.
      Sid: 'OpenSessions',
      Action: 'ssm:StartSession',
      Resource: ec2('instance'),
      Condition: { StringEquals: { 'ssm:resourceTag/ManagedBy': 'packer' } },
    },
    {
      Sid: 'StartPortForwardingSessions',
      Action: 'ssm:StartSession',
      Resource: account.regionalArn('ssm', 'document/AWS-StartPortForwardingSession'),
    },
    {
      // A session is named after the role session that opened it; CodeBuild's start like this.
      // Newer plugins open the channel with the caller's rights, and take it up again after a break (AWS Systems Manager
      // User Guide, "Sample IAM policies for Session Manager").
      Sid: 'ManageOwnSessions',
      Action: ['ssm:ResumeSession', 'ssm:TerminateSession', 'ssmmessages:OpenDataChannel'],
      Resource: account.arn('ssm', 'session/AWSCodeBuild-*'),
    },
  ];
}
