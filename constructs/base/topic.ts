import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic';
import { SnsTopicPolicy } from '@cdktf/provider-aws/lib/sns-topic-policy';
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription';
import { Construct } from 'constructs';
import { policyDocument, tlsOnly, type Statement } from './policy';
import type { Account } from './account';

/** Who may publish: a service, or a role of this account. */
export type Publisher = Pick<Statement, 'Sid' | 'Condition'> & Required<Pick<Statement, 'Principal'>>;

export interface TopicProps {
  readonly name: string;
  readonly kmsKeyArn: string;
  readonly publishers: readonly Publisher[];
  /** Addresses that get every message; each confirms its subscription once. */
  readonly emails: readonly string[];
}

/**
 * An encrypted topic that takes messages over TLS alone. Only CloudWatch and AWS Budgets are let in by its policy, each
 * for this account; roles of this account have the right in their own policies. EventBridge is not let in at all:
 * policies of topics take no conditions for it, so its rules could not be distinguished from those of others (Amazon
 * EventBridge User Guide, "Using resource-based policies").
 */
export class Topic extends Construct {
  readonly arn: string;
  private readonly kmsKeyArn: string;

  constructor(scope: Construct, id: string, { name, kmsKeyArn, publishers, emails }: TopicProps) {
    super(scope, id);
    const topic = new SnsTopic(this, 'Resource', { name, kmsMasterKeyId: kmsKeyArn });
    new SnsTopicPolicy(this, 'Policy', {
      arn: topic.arn,
      policy: policyDocument(
        ...publishers.map((publisher) => ({ ...publisher, Action: 'sns:Publish', Resource: topic.arn })),
        tlsOnly('sns:Publish', topic.arn),
      ),
    });
    for (const email of emails)
      new SnsTopicSubscription(this, `Email-${email}`, { topicArn: topic.arn, protocol: 'email', endpoint: email });
    this.arn = topic.arn;
    this.kmsKeyArn = kmsKeyArn;
  }

  /** What a role of this account needs to publish here. */
  publishStatements(): Statement[] {
    return [
      { Sid: 'Publish', Action: 'sns:Publish', Resource: this.arn },
      { Sid: 'EncryptMessages', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: this.kmsKeyArn },
    ];
  }
}

/** Lets the alarms of an account publish. */
export const alarmsOf = ({ accountId }: Account): Publisher => ({
  Sid: 'Alarms',
  Principal: { Service: 'cloudwatch.amazonaws.com' },
  Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
});

/** Lets the budgets of an account publish (AWS Cost Management User Guide, "Creating an Amazon SNS topic for budgets"). */
export const budgetsOf = (account: Account): Publisher => ({
  Sid: 'Budgets',
  Principal: { Service: 'budgets.amazonaws.com' },
  Condition: {
    StringEquals: { 'aws:SourceAccount': account.accountId },
    ArnLike: { 'aws:SourceArn': account.globalArn('budgets', '*') },
  },
});
