import type { Construct } from 'constructs';
import type { EnvironmentConfig, OpsConfig } from '../config';
import { budgets, stacks } from '../config/names';
import { ClusterFoundation } from '../constructs/account/cluster-foundation';
import { DeploymentRoles } from '../constructs/account/deployment-roles';
import { ImageKeyGrant } from '../constructs/account/image-key-grant';
import { LaunchReaderRole } from '../constructs/account/launch-reader-role';
import { PublisherRole } from '../constructs/account/publisher-role';
import { SmokeDocument } from '../constructs/account/smoke-document';
import { UsageReaderRole } from '../constructs/account/usage-reader-role';
import { ValidatedReaderRole } from '../constructs/account/validated-reader-role';
import { Budget } from '../constructs/base/budget';
import { AccountStack } from '../constructs/base/account-stack';
import { forget } from '../constructs/base/earlier-addresses';
import { serviceAccountProvider } from '../constructs/base/provider-version';

export interface ServiceAccountStackProps {
  readonly ops: OpsConfig;
  readonly config: EnvironmentConfig;
  /** Environments that run only what this one has validated; none where it validates nothing. */
  readonly validatesFor: readonly string[];
  /** Path of the archive of `prover-cluster-storage-keys`. */
  readonly storageKeysArchive: string;
}

/**
 * What a service account needs before images and a cluster can reach it: the roles of the ops account's tools, the key
 * grant, and the cluster's own roles, key, secrets and storage, which no pipeline changes.
 */
export class ServiceAccountStack extends AccountStack {
  /** Addresses in Terraform's state that were the cluster stack's before. */
  readonly adopted: readonly string[];

  constructor(scope: Construct, { ops, config, validatesFor, storageKeysArchive }: ServiceAccountStackProps) {
    const { environment, accountId, region, monthlyBudgetUsd } = config;
    super(scope, stacks.serviceAccount(environment), { accountId, region, environment });
    const opsAccountId = ops.accountId;
    this.addOverride('terraform.required_providers.aws.version', serviceAccountProvider);

    // Hidden from the addresses, which are those that the cluster's stack had.
    this.adopted = new ClusterFoundation(this, 'Default', { config, storageKeysArchive }).adopted;
    // Roles carry it until they have a boundary of their own, and IAM deletes no boundary in use: it stays behind.
    forget(this, ['aws_iam_policy.DeploymentRoles_NodeBoundary_B241AF60']);
    new DeploymentRoles(this, 'DeploymentRoles', {
      opsAccountId,
      validates: config.followsLatest,
      smoke: config.followsLatest && config.smoke !== null,
    });
    if (config.smoke !== null) new SmokeDocument(this, 'SmokeDocument', { proof: config.smoke });
    new PublisherRole(this, 'PublisherRole', { opsAccountId });
    new LaunchReaderRole(this, 'LaunchReaderRole', { opsAccountId });
    new UsageReaderRole(this, 'UsageReaderRole', { opsAccountId });
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
