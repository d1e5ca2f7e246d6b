import type { Construct } from 'constructs';
import type { FactoryConfig } from '../config';
import { functions, pipelines, stacks, topics } from '../config/names';
import { OperationsKey } from '../constructs/base/operations-key';
import { alarmsOf, budgetsOf, Topic } from '../constructs/base/topic';
import { Delivery } from '../constructs/factory/delivery/delivery';
import { ImageKey } from '../constructs/factory/image-key/image-key';
import { PackerBuild } from '../constructs/factory/build/packer-build';
import { PublicSharingBlock } from '../constructs/factory/image-key/public-sharing-block';
import { Retirement } from '../constructs/factory/retirement/retirement';
import { Sharing } from '../constructs/factory/sharing/sharing';
import { Monitoring } from '../constructs/factory/monitoring';
import { AccountStack } from '../constructs/base/account-stack';

export interface OpsStackProps {
  readonly factory: FactoryConfig;
  /** Path of the archive of a Lambda, by its name. */
  readonly archiveOf: (functionName: string) => string;
}

/** The ops account: bakes, encrypts, shares, delivers and retires the images, and notifies people. */
export class OpsStack extends AccountStack {
  constructor(scope: Construct, { factory: { ops, environments }, archiveOf }: OpsStackProps) {
    const { accountId, region } = ops;
    super(scope, stacks.ops, { accountId, region, environment: 'ops' });
    const serviceAccountIds = environments.map((environment) => environment.accountId);

    const operationsKey = new OperationsKey(this, 'OperationsKey');
    const alarms = new Topic(this, 'Alarms', {
      name: topics.alarms,
      kmsKeyArn: operationsKey.arn,
      publishers: [alarmsOf(this.account), budgetsOf(this.account)],
      emails: ops.notifications.alarmEmails,
    });
    const imageKey = new ImageKey(this, 'ImageKey', { serviceAccountIds });
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
      serviceAccountIds,
      imageKeyArn: imageKey.arn,
      operationsKeyArn: operationsKey.arn,
      logRetentionDays: ops.logRetentionDays,
      alarmActions: [alarms.arn],
      lateMinutes: ops.monitoring.lateSharingMinutes,
      archive: archiveOf(functions.sharing),
      reconcileEveryMinutes: ops.sharing.reconcileEveryMinutes,
    });
    new Retirement(this, 'Retirement', {
      config: ops.retirement,
      serviceAccountIds,
      operationsKeyArn: operationsKey.arn,
      logRetentionDays: ops.logRetentionDays,
      archive: archiveOf(functions.cleanup),
      alarmActions: [alarms.arn],
    });
    new Monitoring(this, 'Monitoring', {
      config: ops,
      operationsKeyArn: operationsKey.arn,
      alarms,
      archive: archiveOf(functions.notices),
      environments: environments.map(({ environment }) => environment),
      approvalPipelines: (connectionArn === null ? [] : environments)
        .filter(({ approval }) => approval)
        .map(({ environment }) => pipelines.cluster(environment)),
    });
  }
}
