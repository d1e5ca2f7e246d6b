import { CloudwatchEventRule, type CloudwatchEventRuleConfig } from '@cdktf/provider-aws/lib/cloudwatch-event-rule';
import { CloudwatchEventTarget } from '@cdktf/provider-aws/lib/cloudwatch-event-target';
import { LambdaPermission } from '@cdktf/provider-aws/lib/lambda-permission';
import { Construct } from 'constructs';
import { arns, codeBuildProjects, deadLetterQueue, functions, logGroups, outcomeRule, roles } from '../../config/names';
import { DeadLetterQueue } from '../base/dead-letter-queue';
import { Lambda } from '../base/lambda';
import { OutcomeNotices } from './outcome-notices';
import { SharingAlarms } from './sharing-alarms';
import { sharingPermissions } from './sharing-permissions';

export interface SharingProps {
  readonly accountId: string;
  readonly region: string;
  readonly serviceAccountIds: readonly string[];
  readonly imageKeyArn: string;
  readonly operationsKeyArn: string;
  readonly logRetentionDays: number;
  /** The topic that alarms and outcomes go to. */
  readonly topicArn: string;
  readonly archive: string;
  /** How often everything is compared with what it should be. */
  readonly reconcileEveryMinutes: number;
}

/**
 * Shares every image whose build succeeded, and keeps it shared: EventBridge rules -> Lambda `packer-ami-sharing`. What
 * can't be delivered or handled ends in one dead-letter queue.
 */
export class Sharing extends Construct {
  constructor(scope: Construct, id: string, props: SharingProps) {
    super(scope, id);
    const { accountId, region, topicArn } = props;
    const alarmActions = [topicArn];
    const deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      name: deadLetterQueue(functions.sharing),
      kmsKeyArn: props.operationsKeyArn,
      ruleArns: [builds, schedule, outcomeRule].map((name) => arns.eventRule(accountId, region, name)),
      alarmActions,
    });
    const lambda = new Lambda(this, 'Function', {
      functionName: functions.sharing,
      roleName: roles.sharing,
      description: 'Shares finished images with the service accounts',
      archive: props.archive,
      logGroupName: logGroups.lambda(functions.sharing),
      logRetentionDays: props.logRetentionDays,
      kmsKeyArn: props.operationsKeyArn,
      // The most that Lambda gives. An image can stay invisible for minutes after its creation (ami-factory.md C3), and a
      // reconcile run looks at every image and account.
      timeoutSeconds: 900,
      environment: {
        OPS_ACCOUNT_ID: accountId,
        SERVICE_ACCOUNT_IDS: props.serviceAccountIds.join(','),
        AMI_KEY_ARN: props.imageKeyArn,
        BUILD_PROJECT: codeBuildProjects.packer,
      },
      deadLetterQueue: deadLetters,
      alarmActions,
      statements: sharingPermissions(props),
    });
    const trigger = (within: Construct, rule: CloudwatchEventRuleConfig, input?: string) => {
      const { name, arn } = new CloudwatchEventRule(within, 'Rule', rule);
      new CloudwatchEventTarget(within, 'Target', {
        rule: name,
        arn: lambda.arn,
        deadLetterConfig: { arn: deadLetters.arn },
        retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 20 },
        ...(input !== undefined && { input }),
      });
      new LambdaPermission(within, 'Invoke', {
        functionName: lambda.name,
        action: 'lambda:InvokeFunction',
        principal: 'events.amazonaws.com',
        sourceArn: arn,
        sourceAccount: accountId,
      });
    };
    trigger(this, {
      name: builds,
      description: `Builds of ${codeBuildProjects.packer} that succeeded`,
      eventPattern: JSON.stringify({
        source: ['aws.codebuild'],
        account: [accountId],
        'detail-type': ['CodeBuild Build State Change'],
        detail: { 'build-status': ['SUCCEEDED'], 'project-name': [codeBuildProjects.packer] },
      }),
    });
    const reconcile = {
      name: schedule,
      description: 'Compares images, pointers and tags with what they should be',
      scheduleExpression: `rate(${props.reconcileEveryMinutes} minutes)`,
    };
    trigger(new Construct(this, 'Reconcile'), reconcile, JSON.stringify({ command: 'reconcile' }));
    new SharingAlarms(this, 'Alarms', { actions: alarmActions });
    new OutcomeNotices(this, 'Notices', { accountId, topicArn, deadLetterQueueArn: deadLetters.arn });
  }
}

/** Names of the rules that start the Lambda. */
const [builds, schedule] = [functions.sharing, `${functions.sharing}-reconcile`];
