import type { Construct } from 'constructs';
import type { EnvironmentConfig, OpsConfig } from '../config';
import { budgets, stacks } from '../config/names';
import { DeploymentRoles } from '../constructs/access/deployment-roles';
import { ImageKeyGrant } from '../constructs/access/image-key-grant';
import { LaunchReaderRole } from '../constructs/access/launch-reader-role';
import { PublisherRole } from '../constructs/access/publisher-role';
import { SmokeDocument } from '../constructs/access/smoke-document';
import { ValidatedReaderRole } from '../constructs/access/validated-reader-role';
import { Budget } from '../constructs/monitoring/budget';
import { AccountStack } from './account-stack';

export interface ServiceAccountStackProps {
  readonly ops: OpsConfig;
  readonly config: EnvironmentConfig;
  /** Environments that run only what this one has proved; none where it proves nothing. */
  readonly proves: readonly string[];
}

/** What a service account needs before images can reach it: the roles of the ops account's tools, and the key grant. */
export class ServiceAccountStack extends AccountStack {
  constructor(scope: Construct, { ops, config, proves }: ServiceAccountStackProps) {
    const { environment, accountId, region, monthlyBudgetUsd } = config;
    super(scope, stacks.serviceAccount(environment), { accountId, region, environment });
    const opsAccountId = ops.accountId;

    new DeploymentRoles(this, 'DeploymentRoles', {
      environment,
      accountId,
      region,
      opsAccountId,
      proves: config.followsLatest,
      smoke: config.followsLatest && config.smoke !== null,
    });
    if (config.smoke !== null) new SmokeDocument(this, 'SmokeDocument', { environment, proof: config.smoke });
    new PublisherRole(this, 'PublisherRole', { accountId, region, opsAccountId });
    new LaunchReaderRole(this, 'LaunchReaderRole', { accountId, region, opsAccountId });
    if (proves.length > 0)
      new ValidatedReaderRole(this, 'ValidatedReaderRole', { accountId, region, opsAccountId, proves });
    new ImageKeyGrant(this, 'ImageKeyGrant', { accountId, region, opsAccountId });
    if (monthlyBudgetUsd !== null)
      new Budget(this, 'Budget', {
        name: budgets.account(environment),
        monthlyUsd: monthlyBudgetUsd,
        subscribers: { emails: config.notifications.alarmEmails },
      });
  }
}
