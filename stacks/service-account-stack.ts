import type { Construct } from 'constructs';
import type { EnvironmentConfig, OpsConfig } from '../config';
import { budgets, stacks } from '../config/names';
import { DeploymentRoles } from '../constructs/account/deployment-roles';
import { ImageKeyGrant } from '../constructs/account/image-key-grant';
import { LaunchReaderRole } from '../constructs/account/launch-reader-role';
import { PublisherRole } from '../constructs/account/publisher-role';
import { SmokeDocument } from '../constructs/account/smoke-document';
import { ValidatedReaderRole } from '../constructs/account/validated-reader-role';
import { Budget } from '../constructs/base/budget';
import { AccountStack } from '../constructs/base/account-stack';

export interface ServiceAccountStackProps {
  readonly ops: OpsConfig;
  readonly config: EnvironmentConfig;
  /** Environments that run only what this one has validated; none where it validates nothing. */
  readonly validatesFor: readonly string[];
}

/** What a service account needs before images can reach it: the roles of the ops account's tools, and the key grant. */
export class ServiceAccountStack extends AccountStack {
  constructor(scope: Construct, { ops, config, validatesFor }: ServiceAccountStackProps) {
    const { environment, accountId, region, monthlyBudgetUsd } = config;
    super(scope, stacks.serviceAccount(environment), { accountId, region, environment });
    const opsAccountId = ops.accountId;

    new DeploymentRoles(this, 'DeploymentRoles', {
      opsAccountId,
      validates: config.followsLatest,
      smoke: config.followsLatest && config.smoke !== null,
    });
    if (config.smoke !== null) new SmokeDocument(this, 'SmokeDocument', { proof: config.smoke });
    new PublisherRole(this, 'PublisherRole', { opsAccountId });
    new LaunchReaderRole(this, 'LaunchReaderRole', { opsAccountId });
    if (validatesFor.length > 0) new ValidatedReaderRole(this, 'ValidatedReaderRole', { opsAccountId, validatesFor });
    new ImageKeyGrant(this, 'ImageKeyGrant', { opsAccountId });
    if (monthlyBudgetUsd !== null)
      new Budget(this, 'Budget', {
        name: budgets.account(environment),
        monthlyUsd: monthlyBudgetUsd,
        subscribers: { emails: config.notifications.alarmEmails },
      });
  }
}
