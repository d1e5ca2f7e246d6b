import type { Construct } from 'constructs';
import type { EnvironmentConfig, OpsConfig } from '../config';
import { budgets, stacks } from '../config/names';
import { DeploymentRoles } from '../constructs/access/deployment-roles';
import { ImageKeyGrant } from '../constructs/access/image-key-grant';
import { LaunchReaderRole } from '../constructs/access/launch-reader-role';
import { PublisherRole } from '../constructs/access/publisher-role';
import { Budget } from '../constructs/monitoring/budget';
import { AccountStack } from './account-stack';

export interface ServiceAccountStackProps {
  readonly ops: OpsConfig;
  readonly config: EnvironmentConfig;
}

/** What a service account needs before images can reach it: the roles of the ops account's tools, and the key grant. */
export class ServiceAccountStack extends AccountStack {
  constructor(scope: Construct, { ops, config }: ServiceAccountStackProps) {
    const { environment, accountId, region, monthlyBudgetUsd } = config;
    super(scope, stacks.serviceAccount(environment), { accountId, region, environment });
    const opsAccountId = ops.accountId;

    new DeploymentRoles(this, 'DeploymentRoles', {
      environment,
      accountId,
      region,
      opsAccountId,
      proves: config.followsLatest,
    });
    new PublisherRole(this, 'PublisherRole', { accountId, region, opsAccountId });
    new LaunchReaderRole(this, 'LaunchReaderRole', { accountId, region, opsAccountId });
    new ImageKeyGrant(this, 'ImageKeyGrant', { accountId, region, opsAccountId });
    if (monthlyBudgetUsd !== null)
      new Budget(this, 'Budget', {
        name: budgets.account(environment),
        monthlyUsd: monthlyBudgetUsd,
        subscribers: { emails: config.notifications.alarmEmails },
      });
  }
}
