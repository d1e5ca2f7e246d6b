import { Construct } from 'constructs';
import { codeBuildProjects, deadLetterQueue, functions, logGroups, roles } from '../../../config/names';
import { eventQueue, noticeRules } from './names';
import { metricNamespace } from '../../../config/metrics';
import { Alarm, CompositeAlarm } from '../../base/alarm';
import { DeadLetterQueue } from '../../base/dead-letter-queue';
import { EventQueue } from '../../base/event-queue';
import { Lambda } from '../../base/lambda';
import type { Topic } from '../../base/topic';
import { enqueue, trigger } from '../../base/trigger';
import { noticeSources } from './notice-sources';
import { run } from './rights';
import { AccountStack } from '../../base/account-stack';

export interface NoticesProps {
  readonly operationsKeyArn: string;
  readonly logRetentionDays: number;
  readonly archive: string;
  /** Where notices go. */
  readonly topic: Topic;
  /** Pipelines whose approvals are watched. */
  readonly approvalPipelines: readonly string[];
  /** Topics that are notified of its alarms. */
  readonly alarmActions: readonly string[];
}

/** How often it is looked for approvals that wait. */
const watchMinutes = 15;

/** A few calls for a notice, ten events at one time; one for each pipeline when approvals are looked for. */
const timeoutSeconds = 60;

/**
 * How events become batches. People wait a minute for a notice, and a storm of equal events within that minute is one
 * message. An event that fails is given three times, six minutes apart.
 */
const batches = { windowSeconds: 60, size: 1000, maxReceives: 3, lateSeconds: 900 };

/** One message for each outcome: EventBridge rules -> queue -> Lambda `boundless-notices` -> the status topic. */
export class Notices extends Construct {
  constructor(scope: Construct, id: string, props: NoticesProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const { accountId } = account;
    const { topic, alarmActions } = props;
    const ruleArn = (name: string) => account.eventRule(name);
    const deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      name: deadLetterQueue(functions.notices),
      kmsKeyArn: props.operationsKeyArn,
      ruleArns: Object.values(noticeRules).map(ruleArn),
    });
    const queue = new EventQueue(this, 'Queue', {
      name: eventQueue(functions.notices),
      kmsKeyArn: props.operationsKeyArn,
      ruleArns: noticeSources.map(({ name }) => ruleArn(name)),
      functionTimeoutSeconds: timeoutSeconds,
      deadLetters,
      ...batches,
    });
    const lambda = new Lambda(this, 'Function', {
      functionName: functions.notices,
      roleName: roles.notices,
      description: 'Notifies people of builds, sharing, deployments and approvals',
      archive: props.archive,
      logGroupName: logGroups.lambda(functions.notices),
      logRetentionDays: props.logRetentionDays,
      kmsKeyArn: props.operationsKeyArn,
      timeoutSeconds,
      environment: {
        OPS_ACCOUNT_ID: accountId,
        STATUS_TOPIC_ARN: topic.arn,
        BUILD_PROJECT: codeBuildProjects.packer,
        APPROVAL_PIPELINES: props.approvalPipelines.join(','),
      },
      deadLetterQueue: deadLetters,
      statements: [...topic.publishStatements(), ...queue.receiveStatements(), ...run(account)],
    });
    queue.feed({ lambda, ...batches });
    for (const { id: part, name, description, pattern } of noticeSources) {
      const eventPattern = JSON.stringify({ account: [accountId], ...pattern });
      enqueue(new Construct(this, part), { queue, deadLetters, rule: { name, description, eventPattern } });
    }
    const rule = {
      name: noticeRules.watch,
      description: 'Looks for approvals that wait',
      scheduleExpression: `rate(${watchMinutes} minutes)`,
    };
    trigger(new Construct(this, 'Watch'), { lambda, deadLetters, rule, input: { command: 'watch' } });

    const log = `The log is ${logGroups.lambda(functions.notices)}.`;
    const silent = new Alarm(this, 'Silent', {
      name: `${functions.notices}-silent`,
      description: `For an hour nobody looked for approvals that wait. ${log}`,
      namespace: metricNamespace,
      metric: 'ApprovalHours',
      dimensions: { service: functions.notices },
      statistic: 'SampleCount',
      periodSeconds: 3600,
      threshold: 1,
      firesWhen: 'below',
      // It is measured every 15 minutes, also where nothing waits: no value means that nobody looks.
      missingData: 'breaching',
      actions: [],
    });
    new CompositeAlarm(this, 'Unhealthy', {
      name: `${functions.notices}-unhealthy`,
      description:
        `Notifications of builds, deployments and approvals may be missing. ${log} Repair the cause that it names, then ` +
        '`make redrive`. docs/monitoring.md, "Notices".',
      alarms: [lambda.alarm, deadLetters.alarm, queue.alarm, silent],
      actions: alarmActions,
    });
  }
}
