import { Construct } from 'constructs';
import {
  arns,
  codeBuildProjects,
  deadLetterQueue,
  functions,
  logGroups,
  metricNamespace,
  noticeRules,
  outcomeEvents,
  pipelines,
  roles,
} from '../../config/names';
import { Alarm, CompositeAlarm } from '../base/alarm';
import { DeadLetterQueue } from '../base/dead-letter-queue';
import { Lambda } from '../base/lambda';
import type { Topic } from '../base/topic';
import { trigger } from '../base/trigger';
import { noticesPermissions } from './notices-permissions';

export interface NoticesProps {
  readonly accountId: string;
  readonly region: string;
  readonly operationsKeyArn: string;
  readonly logRetentionDays: number;
  readonly archive: string;
  /** Where notices go. */
  readonly topic: Topic;
  /** Pipelines whose approvals are watched. */
  readonly approvalPipelines: readonly string[];
  /** Topics that hear of its alarms. */
  readonly alarmActions: readonly string[];
}

/** How often it is looked for approvals that wait. */
const watchMinutes = 15;

/** The pipelines of the factory; names of all clusters' would not fit into a pattern of 100 environments. */
const anyCluster = { prefix: pipelines.cluster('') };
const ofFactory = [pipelines.packer, anyCluster];

/** What people hear of. One rule per kind of event: AWS advises against patterns of several. */
const patterns = {
  builds: {
    source: ['aws.codebuild'],
    'detail-type': ['CodeBuild Build State Change'],
    detail: {
      'project-name': [codeBuildProjects.packer],
      'build-status': ['SUCCEEDED', 'FAILED', 'FAULT', 'STOPPED', 'TIMED_OUT'],
    },
  },
  sharing: {
    source: [outcomeEvents.source],
    'detail-type': [outcomeEvents.shared, outcomeEvents.failed, outcomeEvents.withdrawn, outcomeEvents.repaired],
  },
  pipelines: {
    source: ['aws.codepipeline'],
    'detail-type': ['CodePipeline Pipeline Execution State Change'],
    detail: { pipeline: ofFactory, state: ['FAILED', 'STOPPED'] },
  },
  // Of clusters alone: each build of packer-pipeline has a notice of its own, and there is no more to say.
  deployments: {
    source: ['aws.codepipeline'],
    'detail-type': ['CodePipeline Pipeline Execution State Change'],
    detail: { pipeline: [anyCluster], state: ['SUCCEEDED'] },
  },
  approvals: {
    source: ['aws.codepipeline'],
    'detail-type': ['CodePipeline Action Execution State Change'],
    detail: {
      pipeline: ofFactory,
      type: { category: ['Approval'] },
      state: ['STARTED', 'SUCCEEDED', 'FAILED'],
    },
  },
} as const;

const descriptions = {
  builds: 'Builds of images that ended',
  sharing: 'Outcomes of image sharing',
  pipelines: 'Pipelines that failed or were stopped',
  deployments: 'Deployments that succeeded',
  approvals: 'Approvals that are asked for, given or refused',
} as const;

const ids = {
  builds: 'Builds',
  sharing: 'Sharing',
  pipelines: 'Pipelines',
  deployments: 'Deployments',
  approvals: 'Approvals',
} as const satisfies Record<keyof typeof patterns, string>;

/** One message for each outcome: EventBridge rules -> Lambda `boundless-notices` -> the status topic. */
export class Notices extends Construct {
  constructor(scope: Construct, id: string, props: NoticesProps) {
    super(scope, id);
    const { accountId, region, topic, alarmActions } = props;
    const deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      name: deadLetterQueue(functions.notices),
      kmsKeyArn: props.operationsKeyArn,
      ruleArns: Object.values(noticeRules).map((name) => arns.eventRule(accountId, region, name)),
    });
    const lambda = new Lambda(this, 'Function', {
      functionName: functions.notices,
      roleName: roles.notices,
      description: 'Tells people of builds, sharing, deployments and approvals',
      archive: props.archive,
      logGroupName: logGroups.lambda(functions.notices),
      logRetentionDays: props.logRetentionDays,
      kmsKeyArn: props.operationsKeyArn,
      // A few calls for a notice; one for each pipeline when approvals are looked for.
      timeoutSeconds: 120,
      environment: {
        OPS_ACCOUNT_ID: accountId,
        STATUS_TOPIC_ARN: topic.arn,
        BUILD_PROJECT: codeBuildProjects.packer,
        APPROVAL_PIPELINES: props.approvalPipelines.join(','),
      },
      deadLetterQueue: deadLetters,
      statements: [...topic.publishStatements(), ...noticesPermissions({ accountId, region })],
    });
    const target = { accountId, lambda, deadLetters };
    for (const [kind, id] of Object.entries(ids) as [keyof typeof ids, string][]) {
      const eventPattern = JSON.stringify({ account: [accountId], ...patterns[kind] });
      const rule = { name: noticeRules[kind], description: descriptions[kind], eventPattern };
      trigger(new Construct(this, id), { ...target, rule });
    }
    const rule = {
      name: noticeRules.watch,
      description: 'Looks for approvals that wait',
      scheduleExpression: `rate(${watchMinutes} minutes)`,
    };
    trigger(new Construct(this, 'Watch'), { ...target, rule, input: { command: 'watch' } });

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
      rings: 'below',
      // It is measured every 15 minutes, also where nothing waits: no value means that nobody looks.
      missingData: 'breaching',
      actions: [],
    });
    new CompositeAlarm(this, 'Unhealthy', {
      name: `${functions.notices}-unhealthy`,
      description:
        `People may not hear of builds, deployments and approvals. ${log} Repair the cause that it names, then ` +
        '`make redrive`. docs/monitoring.md, "Notices".',
      alarms: [lambda.alarm, deadLetters.alarm, silent],
      actions: alarmActions,
    });
  }
}
