import { clusterPath, stacks, topics } from '../../../config/names';
import type { Statement } from '../../base/policy';
import type { Account } from '../../base/account';

const alarmsOf = (account: Account): string => account.alarm(`${stacks.cluster(account.environment)}-*`);
const topicOf = (account: Account): string => account.topic(topics.cluster(account.environment));
const logGroupsOf = (account: Account): string => account.logGroup(`${clusterPath(account.environment)}/*`);
const inRegion = (account: Account) => account.inRegion;

/** What Terraform reads of alarms, of what they count in logs, and of the topic that they speak to. */
export const read = (account: Account): Statement[] => [
  {
    // Composite alarms are described to nobody with less (CloudWatch API Reference, "DescribeAlarms"), and a subscription
    // has no resource (Service Authorization Reference, "Amazon SNS").
    Sid: 'ReadAlarmsAndSubscriptions',
    Action: ['cloudwatch:DescribeAlarms', 'sns:GetSubscriptionAttributes'],
    Resource: '*',
    Condition: inRegion(account),
  },
  { Sid: 'ReadAlarmTags', Action: 'cloudwatch:ListTagsForResource', Resource: alarmsOf(account) },
  { Sid: 'ReadMetricFilters', Action: 'logs:DescribeMetricFilters', Resource: logGroupsOf(account) },
  {
    Sid: 'ReadAlarmTopic',
    Action: ['sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic', 'sns:ListTagsForResource'],
    Resource: topicOf(account),
  },
];

/** What Terraform changes of them, by their names. */
export const change = (account: Account): Statement[] => [
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
    Sid: 'ChangeCompositeAlarmsAndSubscriptions',
    Action: ['cloudwatch:PutCompositeAlarm', 'sns:SetSubscriptionAttributes', 'sns:Unsubscribe'],
    Resource: '*',
    Condition: inRegion(account),
  },
  {
    Sid: 'ChangeMetricFilters',
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
