import { Construct } from 'constructs';
import type { OpsConfig } from '../../../config';
import { budgets, topics } from '../../../config/names';
import { Topic } from '../../base/topic';
import { Budget } from '../../base/budget';
import { Chat } from '../notices/chat';
import { FactoryAlarms } from './factory-alarms';
import { FactoryDashboard } from './factory-dashboard';
import { Notices } from '../notices/notices';

export interface MonitoringProps {
  readonly config: OpsConfig;
  readonly operationsKeyArn: string;
  /** The topic of alarms. */
  readonly alarms: Topic;
  /** Archive of the notices Lambda. */
  readonly archive: string;
  readonly environments: readonly string[];
  /** Pipelines whose approvals are watched. */
  readonly approvalPipelines: readonly string[];
}

/** How people are notified of the factory: notices, alarms, the dashboard, and their topics. */
export class Monitoring extends Construct {
  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { config, operationsKeyArn, alarms, archive, environments, approvalPipelines } = props;
    const { logRetentionDays, monthlyBudgetUsd } = config;
    const { statusEmails, slack } = config.notifications;
    const status = new Topic(this, 'Status', {
      name: topics.status,
      kmsKeyArn: operationsKeyArn,
      publishers: [],
      emails: statusEmails,
    });
    new Notices(this, 'Notices', {
      operationsKeyArn,
      logRetentionDays,
      archive,
      topic: status,
      approvalPipelines,
      alarmActions: [alarms.arn],
    });
    new FactoryAlarms(this, 'Alarms', { thresholds: config.monitoring, actions: [alarms.arn] });
    new FactoryDashboard(this, 'Dashboard', { environments });
    if (slack !== null) new Chat(this, 'Chat', { ...slack, topicArns: [status.arn, alarms.arn], logRetentionDays });
    if (monthlyBudgetUsd !== null)
      new Budget(this, 'Budget', {
        name: budgets.account('ops'),
        monthlyUsd: monthlyBudgetUsd,
        subscribers: { topicArns: [alarms.arn] },
      });
  }
}
