import { SqsQueue } from '@cdktf/provider-aws/lib/sqs-queue';
import { SqsQueuePolicy } from '@cdktf/provider-aws/lib/sqs-queue-policy';
import { Construct } from 'constructs';
import { OccurrenceAlarm, type Alarm } from './alarm';
import { policyDocument, tlsOnly, type Statement } from './policy';

const twoWeeksSeconds = 14 * 24 * 3600;

export interface DeadLetterQueueProps {
  readonly name: string;
  readonly kmsKeyArn: string;
  /** ARNs of the EventBridge rules whose undelivered events come here. */
  readonly ruleArns: readonly string[];
}

/** Keeps what could not be handled for two weeks, and has an alarm for the first message: its owner puts it into a composite alarm. */
export class DeadLetterQueue extends Construct {
  readonly arn: string;
  readonly alarm: Alarm;
  private readonly kmsKeyArn: string;

  constructor(scope: Construct, id: string, props: DeadLetterQueueProps) {
    super(scope, id);
    const queue = new SqsQueue(this, 'Resource', {
      name: props.name,
      kmsMasterKeyId: props.kmsKeyArn,
      messageRetentionSeconds: twoWeeksSeconds,
    });
    new SqsQueuePolicy(this, 'Policy', {
      queueUrl: queue.url,
      policy: policyDocument(
        {
          Sid: 'SendUndeliveredEvents',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: queue.arn,
          Condition: { ArnEquals: { 'aws:SourceArn': props.ruleArns } },
        },
        tlsOnly('sqs:*', queue.arn),
      ),
    });
    this.alarm = new OccurrenceAlarm(this, 'Alarm', {
      name: `${props.name}-not-empty`,
      description: `An event could not be handled. Repair the cause, which is in the log, then send it again: make redrive.`,
      namespace: 'AWS/SQS',
      metric: 'ApproximateNumberOfMessagesVisible',
      dimensions: { QueueName: queue.name },
      statistic: 'Maximum',
      periodSeconds: 60,
      actions: [],
    });
    this.arn = queue.arn;
    this.kmsKeyArn = props.kmsKeyArn;
  }

  /** What a Lambda needs to leave its failed events here. */
  sendStatements(): Statement[] {
    return [
      { Sid: 'SendFailedEvents', Action: 'sqs:SendMessage', Resource: this.arn },
      { Sid: 'EncryptFailedEvents', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: this.kmsKeyArn },
    ];
  }
}
