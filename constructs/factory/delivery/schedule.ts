import { SchedulerSchedule } from '@cdktf/provider-aws/lib/scheduler-schedule';
import { SchedulerScheduleGroup } from '@cdktf/provider-aws/lib/scheduler-schedule-group';
import { Construct } from 'constructs';
import { OccurrenceAlarm } from '../../base/alarm';
import { serviceTrust } from '../../base/policy';
import { Role } from '../../base/role';
import { AccountStack } from '../../base/account-stack';

export interface ScheduleProps {
  /** Name of the pipeline, and of the schedule and its group. */
  readonly name: string;
  readonly roleName: string;
  readonly pipelineArn: string;
  /** `rate(...)` or `cron(...)`, as EventBridge Scheduler writes them. */
  readonly expression: string;
  /** Of the IANA list. */
  readonly timeZone: string;
  /** Topics that are notified of a start that failed. */
  readonly alarmActions: readonly string[];
}

/** Starts a pipeline at its times. A start that fails for an hour is given up and fires an alarm; the next one makes up for it. */
export class Schedule extends Construct {
  constructor(scope: Construct, id: string, props: ScheduleProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const { name } = props;
    // In a group of its own: a role's trust can name a group, but no schedule (EventBridge Scheduler User Guide,
    // "Confused deputy prevention"), and so do metrics.
    const group = new SchedulerScheduleGroup(this, 'Group', { name });
    const role = new Role(this, 'Role', {
      name: props.roleName,
      description: `Starts ${name} at its times`,
      trust: serviceTrust('scheduler.amazonaws.com', {
        StringEquals: {
          'aws:SourceAccount': account.accountId,
          'aws:SourceArn': account.arn('scheduler', `schedule-group/${name}`),
        },
      }),
      statements: [{ Sid: 'Start', Action: 'codepipeline:StartPipelineExecution', Resource: props.pipelineArn }],
    });
    new SchedulerSchedule(this, 'Resource', {
      name,
      groupName: group.name,
      description: `Starts ${name}`,
      scheduleExpression: props.expression,
      scheduleExpressionTimezone: props.timeZone,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: props.pipelineArn,
        roleArn: role.arn,
        retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 10 },
      },
    });
    new OccurrenceAlarm(this, 'Alarm', {
      name: `${name}-not-started`,
      description: `${name} could not be started at its time. Start it by hand: docs/delivery.md.`,
      namespace: 'AWS/Scheduler',
      metric: 'InvocationDroppedCount',
      dimensions: { ScheduleGroup: name },
      statistic: 'Sum',
      periodSeconds: 300,
      actions: props.alarmActions,
    });
  }
}
