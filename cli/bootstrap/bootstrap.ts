import type { IAMClient } from '@aws-sdk/client-iam';
import type { S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { environmentNamed, type FactoryConfig } from '../../config';
import { serviceLinkedServices, stateBucket } from '../../config/names';
import { bucketItself, bucketSettings, owned, type StateBucket } from './bucket';
import { statementsForOthers } from './bucket-policy';
import { serviceLinkedRole } from './service-linked-role';
import { absent, reconcile, type Setting, type ReconcileOptions } from './setting';
import { bucketPolicy } from './tls-only';

export interface BootstrapClients {
  readonly s3: S3Client;
  readonly sts: STSClient;
  readonly iam: IAMClient;
}

export interface BootstrapOptions extends ReconcileOptions {
  /** `ops`, or the name of an environment. */
  readonly environment: string;
  readonly factory: FactoryConfig;
}

/** The credentials are not those of the account that was asked for. */
export class WrongAccountError extends Error {
  override readonly name = 'WrongAccountError';

  constructor(environment: string, wanted: string, found: string) {
    super(
      `These credentials are of account ${found}, and ${environment} is account ${wanted} in config/${environment}.ts; ` +
        `use credentials of ${wanted}, or correct the configuration. Nothing was changed.`,
    );
  }
}

/** A setting of a bucket that is not there yet. */
const unmade = (setting: Setting): Setting => ({ ...setting, current: () => Promise.resolve(absent) });

/**
 * What `make bootstrap ENV=<environment>` does.
 *
 * @returns how many settings were changed, or would be in a dry run
 * @throws WrongAccountError before anything is read or written, and what AWS refuses
 */
export async function bootstrap(clients: BootstrapClients, options: BootstrapOptions): Promise<number> {
  const { environment, factory, dryRun, report } = options;
  const isOps = environment === 'ops';
  const { accountId, region, state } = isOps ? factory.ops : environmentNamed(environment, factory);

  const { Account = '(unknown)' } = await clients.sts.send(new GetCallerIdentityCommand({}));
  if (Account !== accountId) throw new WrongAccountError(environment, accountId, Account);

  const bucket: StateBucket = {
    name: stateBucket(accountId, region),
    region,
    accountId,
    environment,
    previousVersionsDays: state.previousVersionsDays,
  };
  const services = isOps ? serviceLinkedServices.ops : serviceLinkedServices.serviceAccount;
  const roles = Object.entries(services).map(([role, service]) => serviceLinkedRole(clients.iam, role, service));
  const itself = bucketItself(clients.s3, bucket);
  const settings = bucketSettings(clients.s3, bucket);
  const missing = dryRun && (await itself.current()) === absent;
  const changes = await reconcile([itself, ...(missing ? settings.map(unmade) : settings), ...roles], options);
  if (!missing) {
    const policy = await bucketPolicy(clients.s3, owned(bucket));
    for (const name of statementsForOthers(policy, accountId))
      report(`look at       policy: its statement ${name} lets others than ${accountId} in; it was left as it is`);
  }
  return changes;
}
