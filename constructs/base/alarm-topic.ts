import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic';
import { SnsTopicPolicy } from '@cdktf/provider-aws/lib/sns-topic-policy';
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription';
import { Construct } from 'constructs';
import { alarmTopic } from '../../config/names';
import { policyDocument } from './policy';

export interface AlarmTopicProps {
  readonly accountId: string;
  readonly kmsKeyArn: string;
  /** ARNs of EventBridge rules that publish here too. */
  readonly ruleArns: readonly string[];
  /** Addresses that get every alarm; each confirms its subscription once. */
  readonly emails: readonly string[];
}

/** Where alarms go, and outcomes that people should hear of. */
export class AlarmTopic extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { accountId, kmsKeyArn, ruleArns, emails }: AlarmTopicProps) {
    super(scope, id);
    const topic = new SnsTopic(this, 'Resource', { name: alarmTopic, kmsMasterKeyId: kmsKeyArn });
    new SnsTopicPolicy(this, 'Policy', {
      arn: topic.arn,
      policy: policyDocument(
        {
          Sid: 'Alarms',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
          Resource: topic.arn,
          Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
        },
        {
          Sid: 'Outcomes',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sns:Publish',
          Resource: topic.arn,
          Condition: { ArnEquals: { 'aws:SourceArn': ruleArns } },
        },
      ),
    });
    for (const email of emails)
      new SnsTopicSubscription(this, `Email-${email}`, { topicArn: topic.arn, protocol: 'email', endpoint: email });
    this.arn = topic.arn;
  }
}
