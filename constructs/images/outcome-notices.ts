import { CloudwatchEventRule } from '@cdktf/provider-aws/lib/cloudwatch-event-rule';
import { CloudwatchEventTarget } from '@cdktf/provider-aws/lib/cloudwatch-event-target';
import { Construct } from 'constructs';
import { outcomeEvents, outcomeRule } from '../../config/names';

export interface OutcomeNoticesProps {
  readonly accountId: string;
  /** The topic that people hear from; its policy lets this rule publish. */
  readonly topicArn: string;
  /** Keeps what the topic did not take. */
  readonly deadLetterQueueArn: string;
}

/**
 * Tells people of outcomes that they may have to do something about: an image that was not shared, one that was
 * withdrawn, drift that was repaired. Those of images that were shared are on the bus for whoever wants them.
 */
export class OutcomeNotices extends Construct {
  constructor(scope: Construct, id: string, { accountId, topicArn, deadLetterQueueArn }: OutcomeNoticesProps) {
    super(scope, id);
    const { source, failed, withdrawn, repaired } = outcomeEvents;
    const rule = new CloudwatchEventRule(this, 'Rule', {
      name: outcomeRule,
      description: 'Outcomes of image sharing that people should hear of',
      eventPattern: JSON.stringify({
        source: [source],
        account: [accountId],
        'detail-type': [failed, withdrawn, repaired],
      }),
    });
    new CloudwatchEventTarget(this, 'Topic', {
      rule: rule.name,
      arn: topicArn,
      deadLetterConfig: { arn: deadLetterQueueArn },
    });
  }
}
