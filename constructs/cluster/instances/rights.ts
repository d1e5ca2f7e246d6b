import { instanceRoles, rolloutParameter, scalingGroup } from '../../../config/names';
import { scalingAlarms } from './names';
import type { Statement } from '../../base/policy';
import type { Account } from '../../base/account';
import { own, taggedAsOwn } from '../own-tag';

const groupsOf = (account: Account): string[] =>
  instanceRoles.map((role) =>
    account.arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${scalingGroup(account.environment, role)}`),
  );
const scalingAlarmsOf = (account: Account): string[] =>
  Object.values(scalingAlarms(account.environment)).map((name) => account.alarm(name));

const rolloutOf = (account: Account): string => account.parameter(rolloutParameter(account.environment));

/** What Terraform and a rollout read of groups, of what scales them, and of the data volume. */
export const read = (account: Account): Statement[] => [
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
    Condition: account.inRegion,
  },
];

/** What Terraform reads of what scales the groups, and of what they are to launch. */
export const readScaling = (account: Account): Statement[] => [
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
 *
 * @param imageOwner the account whose images instances may be started from
 */
export const change = (account: Account, imageOwner: string): Statement[] => [
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
  ...startInstances(account, imageOwner),
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

/**
 * Auto Scaling tries whether the caller that names a template may start instances from it (Amazon EC2 Auto Scaling User Guide,
 * "Launch template support"): from templates of this cluster, with its tags, and in no other way.
 */
function startInstances(account: Account, imageOwner: string): Statement[] {
  const templates = account.ec2('launch-template');
  const started = ['instance', 'network-interface', 'volume'];
  return [
    { Sid: 'RunInstancesFromOwnTemplates', Action: 'ec2:RunInstances', Resource: templates, Condition: own(account) },
    {
      Sid: 'RunInstancesWithTemplate',
      Action: 'ec2:RunInstances',
      Resource: [...account.ec2(...started, 'security-group', 'subnet'), account.regionalArn('ec2', 'snapshot/*')],
      Condition: { ArnLike: { 'ec2:LaunchTemplate': templates } },
    },
    {
      Sid: 'RunInstancesFromFactoryImages',
      Action: 'ec2:RunInstances',
      Resource: account.regionalArn('ec2', 'image/*'),
      Condition: { ArnLike: { 'ec2:LaunchTemplate': templates }, StringEquals: { 'ec2:Owner': imageOwner } },
    },
    {
      Sid: 'TagInstances',
      Action: 'ec2:CreateTags',
      Resource: account.ec2(...started),
      Condition: { StringEquals: { ...taggedAsOwn(account).StringEquals, 'ec2:CreateAction': 'RunInstances' } },
    },
  ];
}
