import { roles } from '../../../config/names';
import type { Account } from '../../base/account';
import type { Statement } from '../../base/policy';
import { own, taggedAsOwn } from '../own-tag';

const snapshotPolicies = (account: Account): string => account.arn('dlm', 'policy/*');

/** What Data Lifecycle Manager makes and removes snapshots of the data volume with: of this cluster's, and no others. */
export function run(account: Account): Statement[] {
  const snapshots = account.regionalArn('ec2', 'snapshot/*');
  return [
    {
      Sid: 'CreateSnapshot',
      Action: 'ec2:CreateSnapshot',
      Resource: account.arn('ec2', 'volume/*'),
      Condition: own(account),
    },
    { Sid: 'CreateSnapshotResource', Action: 'ec2:CreateSnapshot', Resource: snapshots },
    {
      Sid: 'TagSnapshot',
      Action: 'ec2:CreateTags',
      Resource: snapshots,
      Condition: { StringEquals: { 'ec2:CreateAction': 'CreateSnapshot' } },
    },
    // A snapshot carries the tags of its volume.
    { Sid: 'DeleteSnapshot', Action: 'ec2:DeleteSnapshot', Resource: snapshots, Condition: own(account) },
    {
      // Describe actions have no resources (Service Authorization Reference, "Amazon EC2").
      Sid: 'DescribeSnapshots',
      Action: ['ec2:DescribeInstances', 'ec2:DescribeSnapshots', 'ec2:DescribeVolumes'],
      Resource: '*',
      Condition: account.inRegion,
    },
  ];
}

/** What Terraform reads of the snapshots' policy. */
export const read = (account: Account): Statement[] => [
  {
    Sid: 'ReadSnapshotPolicy',
    Action: ['dlm:GetLifecyclePolicy', 'dlm:ListTagsForResource'],
    Resource: snapshotPolicies(account),
    Condition: own(account),
  },
];

/** What Terraform changes of the data volume and of its snapshots. Nothing can delete a volume. */
export const change = (account: Account): Statement[] => [
  ...changeDataVolume(account),
  {
    // It has no resource (Service Authorization Reference, "Amazon Data Lifecycle Manager"): the tag is demanded instead.
    Sid: 'CreateSnapshotPolicy',
    Action: 'dlm:CreateLifecyclePolicy',
    Resource: '*',
    Condition: { StringEquals: { ...taggedAsOwn(account).StringEquals, 'aws:RequestedRegion': account.region } },
  },
  {
    Sid: 'TagSnapshotPolicy',
    Action: 'dlm:TagResource',
    Resource: snapshotPolicies(account),
    Condition: taggedAsOwn(account),
  },
  {
    Sid: 'ChangeSnapshotPolicy',
    Action: ['dlm:DeleteLifecyclePolicy', 'dlm:TagResource', 'dlm:UntagResource', 'dlm:UpdateLifecyclePolicy'],
    Resource: snapshotPolicies(account),
    Condition: own(account),
  },
  {
    Sid: 'PassSnapshotsRole',
    Action: 'iam:PassRole',
    Resource: account.role(roles.snapshots(account.environment)),
    Condition: { StringEquals: { 'iam:PassedToService': 'dlm.amazonaws.com' } },
  },
];

function changeDataVolume(account: Account): Statement[] {
  const volumes = account.arn('ec2', 'volume/*');
  return [
    {
      Sid: 'CreateVolume',
      Action: 'ec2:CreateVolume',
      Resource: volumes,
      Condition: taggedAsOwn(account),
    },
    {
      Sid: 'RestoreOwnSnapshot',
      Action: 'ec2:CreateVolume',
      Resource: account.regionalArn('ec2', 'snapshot/*'),
      Condition: own(account),
    },
    {
      Sid: 'TagVolume',
      Action: 'ec2:CreateTags',
      Resource: volumes,
      Condition: { StringEquals: { ...taggedAsOwn(account).StringEquals, 'ec2:CreateAction': 'CreateVolume' } },
    },
    {
      Sid: 'ChangeVolume',
      Action: ['ec2:CreateTags', 'ec2:DeleteTags', 'ec2:ModifyVolume'],
      Resource: volumes,
      Condition: own(account),
    },
    {
      // Amazon EBS User Guide, "Requirements for Amazon EBS encryption".
      Sid: 'EncryptVolume',
      Action: [
        'kms:CreateGrant',
        'kms:Decrypt',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ],
      Resource: account.keys,
      Condition: {
        StringEquals: { ...own(account).StringEquals, 'kms:ViaService': `ec2.${account.region}.amazonaws.com` },
      },
    },
  ];
}
