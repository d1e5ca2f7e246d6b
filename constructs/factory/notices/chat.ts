import { ChatbotSlackChannelConfiguration } from '@cdktf/provider-aws/lib/chatbot-slack-channel-configuration';
import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { Construct } from 'constructs';
import { logGroups, roles } from '../../../config/names';
import { slackChannelConfiguration } from './names';
import { serviceTrust } from '../../base/policy';
import { Role } from '../../base/role';
import { AccountStack } from '../../base/account-stack';

export interface ChatProps {
  readonly workspaceId: string;
  readonly channelId: string;
  /** Topics whose messages go to the channel. */
  readonly topicArns: readonly string[];
  readonly logRetentionDays: number;
}

/**
 * A Slack channel that gets alarms and notices, through Amazon Q Developer in chat applications. The channel can
 * look at alarms and their graphs and do nothing else: its role allows no more, and the guardrail caps whatever role
 * it may get later. The workspace is let in by hand, once (docs/monitoring.md, "Slack").
 */
export class Chat extends Construct {
  constructor(scope: Construct, id: string, { workspaceId, channelId, topicArns, logRetentionDays }: ChatProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    // The service logs to this region, and would make a group that never forgets. The operations key is of another
    // region; CloudWatch Logs encrypts with its own. What is logged are errors of delivery, not messages.
    new CloudwatchLogGroup(this, 'Logs', {
      region: 'us-east-1',
      name: logGroups.chat(slackChannelConfiguration),
      retentionInDays: logRetentionDays,
    });
    const role = new Role(this, 'Role', {
      name: roles.chat,
      description: 'Shows alarms and their graphs in the Slack channel',
      trust: serviceTrust('chatbot.amazonaws.com'),
      statements: [
        {
          // These have no resources (Service Authorization Reference, "Amazon CloudWatch"); reading is all they do.
          Sid: 'ReadAlarms',
          Action: [
            'cloudwatch:DescribeAlarms',
            'cloudwatch:GetMetricData',
            'cloudwatch:GetMetricStatistics',
            'cloudwatch:GetMetricWidgetImage',
            'cloudwatch:ListMetrics',
          ],
          Resource: '*',
          Condition: account.inRegion,
        },
      ],
    });
    new ChatbotSlackChannelConfiguration(this, 'Slack', {
      configurationName: slackChannelConfiguration,
      slackTeamId: workspaceId,
      slackChannelId: channelId,
      iamRoleArn: role.arn,
      guardrailPolicyArns: ['arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess'],
      // Commands take a role of the person's own: nobody gets rights by being in the channel.
      userAuthorizationRequired: true,
      loggingLevel: 'ERROR',
      snsTopicArns: [...topicArns],
    });
  }
}
