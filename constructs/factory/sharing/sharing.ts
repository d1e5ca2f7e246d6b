import { Construct } from 'constructs';
import { codeBuildProjects, deadLetterQueue, functions, logGroups, roles } from '../../../config/names';
import { DeadLetterQueue } from '../../base/dead-letter-queue';
import { Lambda } from '../../base/lambda';
import { trigger } from '../../base/trigger';
import { run } from './rights';
import { SharingAlarms } from './sharing-alarms';
import { AccountStack } from '../../base/account-stack';

export interface SharingProps {
  readonly serviceAccountIds: readonly string[];
  readonly imageKeyArn: string;
  readonly operationsKeyArn: string;
  readonly logRetentionDays: number;
  /** Topics that are notified of its alarms. */
  readonly alarmActions: readonly string[];
  /** From the end of a build to the end of sharing; what takes longer fires an alarm. */
  readonly lateMinutes: number;
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
    const { account } = AccountStack.of(this);
    const { accountId } = account;
    const { alarmActions } = props;
    const deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      name: deadLetterQueue(functions.sharing),
      kmsKeyArn: props.operationsKeyArn,
      ruleArns: [builds, schedule].map((name) => account.eventRule(name)),
    });
    const lambda = new Lambda(this, 'Function', {
      functionName: functions.sharing,
      roleName: roles.sharing,
      description: 'Shares finished images with the service accounts',
      archive: props.archive,
      logGroupName: logGroups.lambda(functions.sharing),
      logRetentionDays: props.logRetentionDays,
      kmsKeyArn: props.operationsKeyArn,
      // The most that Lambda gives. An image can stay invisible for minutes after its creation
      // (docs/facts/images.md#eventual-consistency), and a reconcile run looks at every image and account.
      timeoutSeconds: 900,
      environment: {
        OPS_ACCOUNT_ID: accountId,
        SERVICE_ACCOUNT_IDS: props.serviceAccountIds.join(','),
        AMI_KEY_ARN: props.imageKeyArn,
        BUILD_PROJECT: codeBuildProjects.packer,
      },
      deadLetterQueue: deadLetters,
      statements: run(account, props),
    });
    const target = { lambda, deadLetters };
    const onBuild = {
      name: builds,
      description: `Builds of ${codeBuildProjects.packer} that succeeded`,
      eventPattern: JSON.stringify({
        source: ['aws.codebuild'],
        account: [accountId],
        'detail-type': ['CodeBuild Build State Change'],
        detail: { 'build-status': ['SUCCEEDED'], 'project-name': [codeBuildProjects.packer] },
      }),
    };
    trigger(this, { ...target, rule: onBuild });
    const reconcile = {
      name: schedule,
      description: 'Compares images, pointers and tags with what they should be',
      scheduleExpression: `rate(${props.reconcileEveryMinutes} minutes)`,
    };
    trigger(new Construct(this, 'Reconcile'), { ...target, rule: reconcile, input: { command: 'reconcile' } });
    new SharingAlarms(this, 'Alarms', {
      failures: [lambda.alarm, deadLetters.alarm],
      lateMinutes: props.lateMinutes,
      actions: alarmActions,
    });
  }
}

/** Names of the rules that start the Lambda. */
const [builds, schedule] = [functions.sharing, `${functions.sharing}-reconcile`];
