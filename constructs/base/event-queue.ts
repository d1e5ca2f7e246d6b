import { LambdaEventSourceMapping } from '@cdktf/provider-aws/lib/lambda-event-source-mapping';
import { SqsQueue } from '@cdktf/provider-aws/lib/sqs-queue';
import { SqsQueuePolicy } from '@cdktf/provider-aws/lib/sqs-queue-policy';
import { Construct } from 'constructs';
import { Alarm } from './alarm';
import type { DeadLetterQueue } from './dead-letter-queue';
import type { Lambda } from './lambda';
import { policyDocument, tlsOnly, type Statement } from './policy';

const twoWeeksSeconds = 14 * 24 * 3600;

export interface EventQueueProps {
  readonly name: string;
  readonly kmsKeyArn: string;
  /** ARNs of the EventBridge rules that send events here. */
  readonly ruleArns: readonly string[];
  /** Limit of the function that takes the events. */
  readonly functionTimeoutSeconds: number;
  /** Takes an event after this many failures. */
  readonly maxReceives: number;
  readonly deadLetters: DeadLetterQueue;
  /** An event that waits for longer fires the alarm. */
  readonly lateSeconds: number;
}

export interface BatchProps {
  readonly lambda: Lambda;
  /** How long events are gathered, in seconds: 300 at most. */
  readonly windowSeconds: number;
  /** Events in one batch: 10,000 at most. */
  readonly size: number;
}

/** Keeps events until a Lambda has handled them, and gives them to it in batches. */
export class EventQueue extends Construct {
  readonly arn: string;
  readonly alarm: Alarm;
  private readonly kmsKeyArn: string;

  constructor(scope: Construct, id: string, props: EventQueueProps) {
    super(scope, id);
    const queue = new SqsQueue(this, 'Resource', {
      name: props.name,
      kmsMasterKeyId: props.kmsKeyArn,
      messageRetentionSeconds: twoWeeksSeconds,
      // AWS Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping": at least six times.
      visibilityTimeoutSeconds: 6 * props.functionTimeoutSeconds,
      redrivePolicy: JSON.stringify({ deadLetterTargetArn: props.deadLetters.arn, maxReceiveCount: props.maxReceives }),
    });
    new SqsQueuePolicy(this, 'Policy', {
      queueUrl: queue.url,
      policy: policyDocument(
        {
          Sid: 'Events',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: queue.arn,
          Condition: { ArnEquals: { 'aws:SourceArn': props.ruleArns } },
        },
        tlsOnly('sqs:*', queue.arn),
      ),
    });
    this.alarm = new Alarm(this, 'Alarm', {
      name: `${props.name}-late`,
      description: `An event waits in the queue ${props.name} for more than ${props.lateSeconds / 60} minutes.`,
      namespace: 'AWS/SQS',
      metric: 'ApproximateAgeOfOldestMessage',
      dimensions: { QueueName: queue.name },
      statistic: 'Maximum',
      periodSeconds: 300,
      threshold: props.lateSeconds,
      // No value: the queue is not in use, so nothing waits in it.
      missingData: 'notBreaching',
      actions: [],
    });
    this.arn = queue.arn;
    this.kmsKeyArn = props.kmsKeyArn;
  }

  /** What the Lambda needs to take events (AWS Lambda Developer Guide, "Execution role permissions" of SQS). */
  receiveStatements(): Statement[] {
    return [
      {
        Sid: 'ReceiveEvents',
        Action: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
        Resource: this.arn,
      },
      { Sid: 'DecryptEvents', Action: 'kms:Decrypt', Resource: this.kmsKeyArn },
    ];
  }

  /** Gives events to a Lambda, in two batches at a time at most; it answers which events failed. */
  feed({ lambda, windowSeconds, size }: BatchProps): void {
    new LambdaEventSourceMapping(this, 'Batches', {
      eventSourceArn: this.arn,
      functionName: lambda.arn,
      batchSize: size,
      maximumBatchingWindowInSeconds: windowSeconds,
      functionResponseTypes: ['ReportBatchItemFailures'],
      scalingConfig: { maximumConcurrency: 2 },
      // Lambda checks at once that the role may read the queue.
      dependsOn: [lambda.permissions],
    });
  }
}
