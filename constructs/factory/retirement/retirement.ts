import { Construct } from 'constructs';
import type { OpsConfig } from '../../../config';
import { deadLetterQueue, functions, logGroups, retirementReports, roles } from '../../../config/names';
import { retirementPolicy } from '../../../config/retirement-policy';
import { AccountStack } from '../../base/account-stack';
import { DeadLetterQueue } from '../../base/dead-letter-queue';
import { ExpiringBucket } from '../../base/expiring-bucket';
import { Lambda } from '../../base/lambda';
import { trigger } from '../../base/trigger';
import { RecycleBin } from './recycle-bin';
import { RetirementAlarms } from './retirement-alarms';
import { run } from './rights';

export interface RetirementProps {
  readonly config: OpsConfig['retirement'];
  readonly serviceAccountIds: readonly string[];
  readonly operationsKeyArn: string;
  readonly logRetentionDays: number;
  readonly archive: string;
  /** Topics that are notified of its alarms. */
  readonly alarmActions: readonly string[];
}

const reportRetentionDays = 365;

/** Retires old images and removes what dead builds left, once a day: EventBridge rule -> Lambda `packer-ami-cleanup`. */
export class Retirement extends Construct {
  constructor(scope: Construct, id: string, props: RetirementProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const { accountId, region } = account;
    const { dryRun, recycleBinDays } = props.config;
    const rule = functions.cleanup;
    const reports = new ExpiringBucket(this, 'Reports', {
      name: retirementReports.bucket(accountId, region),
      kmsKeyArn: props.operationsKeyArn,
      retentionDays: reportRetentionDays,
    });
    const deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      name: deadLetterQueue(functions.cleanup),
      kmsKeyArn: props.operationsKeyArn,
      ruleArns: [account.eventRule(rule)],
    });
    const lambda = new Lambda(this, 'Function', {
      functionName: functions.cleanup,
      roleName: roles.cleanup,
      description: 'Retires old images that nothing uses, and removes what dead builds left',
      archive: props.archive,
      logGroupName: logGroups.lambda(functions.cleanup),
      logRetentionDays: props.logRetentionDays,
      kmsKeyArn: props.operationsKeyArn,
      // The most that Lambda gives: what a run does not come to, the next one does.
      timeoutSeconds: 900,
      environment: {
        OPS_ACCOUNT_ID: accountId,
        SERVICE_ACCOUNT_IDS: props.serviceAccountIds.join(','),
        REPORT_BUCKET: reports.name,
        RETIREMENT: retirementPolicy(props.config),
      },
      deadLetterQueue: deadLetters,
      statements: run(account, {
        serviceAccountIds: props.serviceAccountIds,
        reportBucketArn: reports.arn,
        operationsKeyArn: props.operationsKeyArn,
      }),
    });
    trigger(this, {
      lambda,
      deadLetters,
      rule: { name: rule, description: 'Retires old images', scheduleExpression: 'rate(1 day)' },
      input: { command: 'retire', dryRun },
    });
    if (recycleBinDays !== null) new RecycleBin(this, 'RecycleBin', recycleBinDays);
    new RetirementAlarms(this, 'Alarms', {
      failures: [lambda.alarm, deadLetters.alarm],
      actions: props.alarmActions,
    });
  }
}
