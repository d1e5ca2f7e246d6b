import type { Construct } from 'constructs';
import type { FactoryConfig } from '../config';
import { arns, functions, outcomeRule, stacks } from '../config/names';
import { AlarmTopic } from '../constructs/base/alarm-topic';
import { OperationsKey } from '../constructs/base/operations-key';
import { Delivery } from '../constructs/delivery/delivery';
import { ImageKey } from '../constructs/images/image-key';
import { PackerBuild } from '../constructs/images/packer-build';
import { PublicSharingBlock } from '../constructs/images/public-sharing-block';
import { Sharing } from '../constructs/images/sharing';
import { AccountStack } from './account-stack';

export interface OpsStackProps {
  readonly factory: FactoryConfig;
  /** Path of the archive of a Lambda, by its name. */
  readonly archiveOf: (functionName: string) => string;
}

/** The ops account: bakes, encrypts, shares and delivers the images. */
export class OpsStack extends AccountStack {
  constructor(scope: Construct, { factory: { ops, environments }, archiveOf }: OpsStackProps) {
    const { accountId, region } = ops;
    super(scope, stacks.ops, { accountId, region, environment: 'ops' });
    const serviceAccountIds = environments.map((environment) => environment.accountId);

    const operationsKey = new OperationsKey(this, 'OperationsKey', { accountId, region });
    const alarms = new AlarmTopic(this, 'Alarms', {
      accountId,
      kmsKeyArn: operationsKey.arn,
      ruleArns: [arns.eventRule(accountId, region, outcomeRule)],
      emails: ops.notifications.alarmEmails,
    });
    const imageKey = new ImageKey(this, 'ImageKey', { accountId, region, serviceAccountIds });
    new PublicSharingBlock(this, 'PublicSharingBlock');
    const packerBuild = new PackerBuild(this, 'PackerBuild', {
      config: ops,
      imageKeyArn: imageKey.arn,
      operationsKeyArn: operationsKey.arn,
    });
    const { connectionArn } = ops.repository;
    if (connectionArn !== null)
      new Delivery(this, 'Delivery', {
        ops,
        environments,
        connectionArn,
        operationsKeyArn: operationsKey.arn,
        packerProject: packerBuild,
        topicArn: alarms.arn,
      });
    new Sharing(this, 'Sharing', {
      accountId,
      region,
      serviceAccountIds,
      imageKeyArn: imageKey.arn,
      operationsKeyArn: operationsKey.arn,
      logRetentionDays: ops.logRetentionDays,
      topicArn: alarms.arn,
      archive: archiveOf(functions.sharing),
      reconcileEveryMinutes: ops.sharing.reconcileEveryMinutes,
    });
  }
}
