import { arns, nodeRoles, roles, rolloutParameter, scalingAlarms, scalingGroup, stacks } from '../../config/names';
import type { Statement } from '../base/policy';
import type { ClusterAccount } from './cluster-permissions';

const own = ({ environment }: ClusterAccount) => ({
  StringEquals: { 'aws:ResourceTag/Stack': stacks.cluster(environment) },
});
const taggedAsOwn = ({ environment }: ClusterAccount) => ({ 'aws:RequestTag/Stack': stacks.cluster(environment) });

const groupsOf = ({ environment, accountId, region }: ClusterAccount): string[] =>
  nodeRoles.map(
    (role) =>
      `arn:aws:autoscaling:${region}:${accountId}:autoScalingGroup:*:autoScalingGroupName/${scalingGroup(environment, role)}`,
  );
const snapshotPolicies = ({ accountId, region }: ClusterAccount): string =>
  `arn:aws:dlm:${region}:${accountId}:policy/*`;
const scalingAlarmsOf = ({ environment, accountId, region }: ClusterAccount): string[] =>
  Object.values(scalingAlarms(environment)).map((name) => arns.alarm(accountId, region, name));

const rolloutOf = ({ environment, accountId, region }: ClusterAccount): string =>
  `arn:aws:ssm:${region}:${accountId}:parameter${rolloutParameter(environment)}`;

/** What Terraform and a rollout read of groups, of what scales them, and of the data volume. */
export const readGroups = (account: ClusterAccount): Statement[] => [
  {
    // Describe actions have no resources (Service Authorization Reference, "Amazon EC2 Auto Scaling", "Amazon EC2").
    Sid: 'ReadGroups',
    Action: [
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:DescribeInstanceRefreshes',
      'autoscaling:DescribeLifecycleHooks',
      'autoscaling:DescribePolicies',
      'autoscaling:DescribeScalingActivities',
      'autoscaling:DescribeTags',
      'autoscaling:DescribeTrafficSources',
      'autoscaling:DescribeWarmPool',
      'ec2:DescribeVolumes',
    ],
    Resource: '*',
    Condition: { StringEquals: { 'aws:RequestedRegion': account.region } },
  },
  {
    Sid: 'ReadSnapshotPolicy',
    Action: ['dlm:GetLifecyclePolicy', 'dlm:ListTagsForResource'],
    Resource: snapshotPolicies(account),
    Condition: own(account),
  },
  {
    Sid: 'ReadScalingAlarms',
    Action: ['cloudwatch:DescribeAlarms', 'cloudwatch:ListTagsForResource'],
    Resource: scalingAlarmsOf(account),
  },
  {
    Sid: 'ReadRollout',
    Action: ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:ListTagsForResource'],
    Resource: rolloutOf(account),
  },
];

/**
 * What Terraform and a rollout change of them: the rollout puts hooks, starts and cancels refreshes, and gives an empty
 * group its template. Nothing can delete a hook, without which instances end without a drain.
 */
export const changeGroups = (account: ClusterAccount): Statement[] => [
  {
    Sid: 'ChangeGroups',
    Action: [
      'autoscaling:CancelInstanceRefresh',
      'autoscaling:CreateAutoScalingGroup',
      'autoscaling:CreateOrUpdateTags',
      'autoscaling:DeleteAutoScalingGroup',
      'autoscaling:DeletePolicy',
      'autoscaling:DeleteTags',
      'autoscaling:DisableMetricsCollection',
      'autoscaling:EnableMetricsCollection',
      'autoscaling:PutLifecycleHook',
      'autoscaling:PutScalingPolicy',
      'autoscaling:ResumeProcesses',
      'autoscaling:StartInstanceRefresh',
      'autoscaling:SuspendProcesses',
      'autoscaling:UpdateAutoScalingGroup',
    ],
    Resource: groupsOf(account),
  },
  {
    Sid: 'ChangeRollout',
    Action: ['ssm:AddTagsToResource', 'ssm:DeleteParameter', 'ssm:PutParameter', 'ssm:RemoveTagsFromResource'],
    Resource: rolloutOf(account),
  },
  ...startMachines(account),
  {
    Sid: 'ChangeScalingAlarms',
    Action: [
      'cloudwatch:DeleteAlarms',
      'cloudwatch:PutMetricAlarm',
      'cloudwatch:TagResource',
      'cloudwatch:UntagResource',
    ],
    Resource: scalingAlarmsOf(account),
  },
];

/** What Terraform changes of the data volume and of its snapshots. Nothing can delete a volume. */
export const changeData = (account: ClusterAccount): Statement[] => [
  ...changeDataVolume(account),
  {
    // It has no resource (Service Authorization Reference, "Amazon Data Lifecycle Manager"): the tag is demanded instead.
    Sid: 'CreateSnapshotPolicy',
    Action: 'dlm:CreateLifecyclePolicy',
    Resource: '*',
    Condition: { StringEquals: { ...taggedAsOwn(account), 'aws:RequestedRegion': account.region } },
  },
  {
    Sid: 'TagSnapshotPolicy',
    Action: 'dlm:TagResource',
    Resource: snapshotPolicies(account),
    Condition: { StringEquals: taggedAsOwn(account) },
  },
  {
    Sid: 'ChangeSnapshotPolicy',
    Action: ['dlm:DeleteLifecyclePolicy', 'dlm:TagResource', 'dlm:UntagResource', 'dlm:UpdateLifecyclePolicy'],
    Resource: snapshotPolicies(account),
    Condition: own(account),
  },
  {
    Sid: 'GiveSnapshotsTheirRole',
    Action: 'iam:PassRole',
    Resource: arns.role(account.accountId, roles.snapshots(account.environment)),
    Condition: { StringEquals: { 'iam:PassedToService': 'dlm.amazonaws.com' } },
  },
];

/**
 * Auto Scaling tries whether whoever names a template may start machines from it (Amazon EC2 Auto Scaling User Guide,
 * "Launch template support"): from templates of this cluster, with its tags, and in no other way.
 */
function startMachines(account: ClusterAccount): Statement[] {
  const { accountId, region } = account;
  const ec2 = (...types: readonly string[]) => types.map((type) => `arn:aws:ec2:${region}:${accountId}:${type}/*`);
  const templates = ec2('launch-template');
  const started = ['instance', 'network-interface', 'volume'];
  return [
    { Sid: 'UseOwnTemplates', Action: 'ec2:RunInstances', Resource: templates, Condition: own(account) },
    {
      Sid: 'StartFromTemplates',
      Action: 'ec2:RunInstances',
      Resource: [
        ...ec2(...started, 'security-group', 'subnet'),
        `arn:aws:ec2:${region}::image/*`,
        `arn:aws:ec2:${region}::snapshot/*`,
      ],
      Condition: { ArnLike: { 'ec2:LaunchTemplate': templates } },
    },
    {
      Sid: 'TagMachines',
      Action: 'ec2:CreateTags',
      Resource: ec2(...started),
      Condition: { StringEquals: { ...taggedAsOwn(account), 'ec2:CreateAction': 'RunInstances' } },
    },
  ];
}

function changeDataVolume(account: ClusterAccount): Statement[] {
  const { accountId, region } = account;
  const volumes = `arn:aws:ec2:${region}:${accountId}:volume/*`;
  return [
    {
      Sid: 'CreateVolume',
      Action: 'ec2:CreateVolume',
      Resource: volumes,
      Condition: { StringEquals: taggedAsOwn(account) },
    },
    {
      Sid: 'RestoreOwnSnapshot',
      Action: 'ec2:CreateVolume',
      Resource: `arn:aws:ec2:${region}::snapshot/*`,
      Condition: own(account),
    },
    {
      Sid: 'TagVolume',
      Action: 'ec2:CreateTags',
      Resource: volumes,
      Condition: { StringEquals: { ...taggedAsOwn(account), 'ec2:CreateAction': 'CreateVolume' } },
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
      Resource: `arn:aws:kms:${region}:${accountId}:key/*`,
      Condition: {
        StringEquals: { ...own(account).StringEquals, 'kms:ViaService': `ec2.${region}.amazonaws.com` },
      },
    },
  ];
}
