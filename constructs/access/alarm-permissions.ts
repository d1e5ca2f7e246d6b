import { arns, clusterPath, stacks, topics } from '../../config/names';
import type { Statement } from '../base/policy';
import type { ClusterAccount } from './cluster-permissions';

const alarmsOf = ({ environment, accountId, region }: ClusterAccount): string =>
  arns.alarm(accountId, region, `${stacks.cluster(environment)}-*`);
const topicOf = ({ environment, accountId, region }: ClusterAccount): string =>
  arns.topic(accountId, region, topics.cluster(environment));
const logGroupsOf = ({ environment, accountId, region }: ClusterAccount): string =>
  `arn:aws:logs:${region}:${accountId}:log-group:${clusterPath(environment)}/*`;
const inRegion = ({ region }: ClusterAccount) => ({ StringEquals: { 'aws:RequestedRegion': region } });

/** What Terraform reads of alarms, of what they count in logs, and of the topic that they speak to. */
export const readAlarms = (account: ClusterAccount): Statement[] => [
  {
    // Composite alarms are described to nobody with less (CloudWatch API Reference, "DescribeAlarms"), and a subscription
    // has no resource (Service Authorization Reference, "Amazon SNS").
    Sid: 'ReadAlarmsAndSubscriptions',
    Action: ['cloudwatch:DescribeAlarms', 'sns:GetSubscriptionAttributes'],
    Resource: '*',
    Condition: inRegion(account),
  },
  { Sid: 'ReadAlarmTags', Action: 'cloudwatch:ListTagsForResource', Resource: alarmsOf(account) },
  { Sid: 'ReadCounts', Action: 'logs:DescribeMetricFilters', Resource: logGroupsOf(account) },
  {
    Sid: 'ReadAlarmTopic',
    Action: ['sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic', 'sns:ListTagsForResource'],
    Resource: topicOf(account),
  },
];

/** What Terraform changes of them, by their names. */
export const changeAlarms = (account: ClusterAccount): Statement[] => [
  {
    Sid: 'ChangeAlarms',
    Action: [
      'cloudwatch:DeleteAlarms',
      'cloudwatch:PutMetricAlarm',
      'cloudwatch:TagResource',
      'cloudwatch:UntagResource',
    ],
    Resource: alarmsOf(account),
  },
  {
    // Neither can be bound to a name: "scoped to *" (CloudWatch API Reference, "PutCompositeAlarm"), and see above.
    Sid: 'ChangeCompositesAndSubscriptions',
    Action: ['cloudwatch:PutCompositeAlarm', 'sns:SetSubscriptionAttributes', 'sns:Unsubscribe'],
    Resource: '*',
    Condition: inRegion(account),
  },
  {
    Sid: 'ChangeCounts',
    Action: ['logs:DeleteMetricFilter', 'logs:PutMetricFilter'],
    Resource: logGroupsOf(account),
  },
  {
    Sid: 'ChangeAlarmTopic',
    Action: [
      'sns:CreateTopic',
      'sns:DeleteTopic',
      'sns:SetTopicAttributes',
      'sns:Subscribe',
      'sns:TagResource',
      'sns:UntagResource',
    ],
    Resource: topicOf(account),
  },
];
