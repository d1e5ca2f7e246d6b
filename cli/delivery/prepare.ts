import path from 'node:path';
import type { EnvironmentConfig, FactoryConfig } from '../../config';
import { arns, roles } from '../../config/names';
import { accessTo, expectAccount, maxAttempts, type Access, type ProfileRole } from './access';
import type { Action } from './arguments';
import type { PointerSource } from './images/resolve';
import { DeliveryRefusedError } from './problem';
import { actAsRole, environmentOf, required } from './settings';

/** For files that no commit has. */
export const workDirectory = path.join('.build', 'delivery');

/** The profile of the account whose validated images are meant. */
const validatingProfile = 'boundless-validating';

/** What all commands work with. */
export interface Setting {
  readonly action: Action;
  readonly factory: FactoryConfig;
  readonly account: EnvironmentConfig;
  readonly access: Access;
  /** Whose validated images are meant, where a build can read them. */
  readonly validating: PointerSource | undefined;
}

/**
 * Finds out what a command is about, and gets into the account.
 *
 * @throws DeliveryRefusedError where project, configuration and credentials do not mean the same account
 */
export async function prepare(action: Action, factory: FactoryConfig): Promise<Setting> {
  const { variables } = action;
  const account = environmentOf(
    factory,
    variables,
    required(variables, 'ENVIRONMENT', 'the name of the environment to deliver to'),
    'SERVICE_ACCOUNT_ID',
  );
  const role = actAsRole(variables['BOUNDLESS_ACT_AS']);
  const validating = validatingEnvironment(action, factory);
  const others: ProfileRole[] =
    validating === undefined
      ? []
      : [{ profile: validatingProfile, roleArn: arns.role(validating.accountId, roles.validatedReader) }];
  const access = await accessTo(account, role, workDirectory, others);
  await expectAccount(access.client, account.accountId);
  const setting = { action, factory, account, access };
  // The credentials at hand are those of the cluster's account, whose own pointers are not meant.
  if (validating === undefined || role === undefined) return { ...setting, validating: undefined };
  const { environment, accountId, region } = validating;
  return {
    ...setting,
    validating: { environment, accountId, client: { region, maxAttempts, profile: validatingProfile } },
  };
}

function validatingEnvironment({ variables }: Action, factory: FactoryConfig): EnvironmentConfig | undefined {
  const name = variables['PROVING_ENVIRONMENT'] ?? '';
  if (name === '') return undefined;
  const validating = environmentOf(factory, variables, name, 'PROVING_ACCOUNT_ID');
  if (validating.followsLatest) return validating;
  throw new DeliveryRefusedError(
    `PROVING_ENVIRONMENT is ${name}, which validates no images (followsLatest is false in its configuration).`,
  );
}
