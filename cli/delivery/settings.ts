import { environmentNamed, type EnvironmentConfig, type FactoryConfig } from '../../config';
import { instanceRoles, roles, type InstanceRole } from '../../config/names';
import { DeliveryRefusedError } from './problem';

/** What is asked for as an image: an id, or the pointer that names the id. */
export type ImageRequest = { readonly id: string } | { readonly pointer: 'latest' | 'validated' };

/** Roles of a service account that a build may act through, as `BOUNDLESS_ACT_AS` names them. */
const actAsRoles: Readonly<Record<string, string>> = { deployment: roles.deployment, plan: roles.plan };

type Variables = Readonly<Record<string, string | undefined>>;

/** The value of a variable that must be there. */
export function required(variables: Variables, name: string, what: string): string {
  const value = variables[name];
  if (value === undefined || value === '') throw new DeliveryRefusedError(`${name} is not set; give it ${what}.`);
  return value;
}

/**
 * The role that `BOUNDLESS_ACT_AS` asks for; none when it is not set.
 *
 * @throws DeliveryRefusedError for anything but `deployment` and `plan`: a misspelt role must not mean the credentials at hand
 */
export function actAsRole(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  const role = Object.hasOwn(actAsRoles, value) ? actAsRoles[value] : undefined;
  if (role === undefined)
    throw new DeliveryRefusedError(
      `BOUNDLESS_ACT_AS is ${JSON.stringify(value)}; set it to one of ${Object.keys(actAsRoles).join(', ')}, or unset it.`,
    );
  return role;
}

/**
 * The environment of a name, where the project and this commit mean the same account by it.
 *
 * @param account name of the variable that has the account's id; it may be unset on an operator's computer
 * @throws DeliveryRefusedError where they do not
 */
export function environmentOf(
  factory: FactoryConfig,
  variables: Variables,
  name: string,
  account: string,
): EnvironmentConfig {
  const environment = environmentNamed(name, factory);
  const given = variables[account];
  if (given !== undefined && given !== '' && given !== environment.accountId)
    throw new DeliveryRefusedError(
      `${account} is ${given}, but ${name} has account ${environment.accountId} in the configuration of this commit; ` +
        'deploy the ops stack of this commit first, or deploy its own commit.',
    );
  return environment;
}

/**
 * What `MANAGER_IMAGE_ID` and `PROVER_IMAGE_ID` ask for.
 *
 * @throws DeliveryRefusedError for a pointer that this environment does not follow: production runs no image that nothing
 *   validated, and an environment that validates images has nothing to follow but the newest
 */
export function imageRequests(
  variables: Variables,
  { environment, followsLatest }: EnvironmentConfig,
): Readonly<Record<InstanceRole, ImageRequest>> {
  const [own, refused] = followsLatest
    ? (['latest', 'there is nothing before it that validates images'] as const)
    : (['validated', 'it runs only images that another environment has validated'] as const);
  const requestOf = (role: InstanceRole): ImageRequest => {
    const name = `${role.toUpperCase()}_IMAGE_ID`;
    const value = required(variables, name, `an image id such as ami-0123456789abcdef0, or ${own}`);
    if (/^ami-[0-9a-f]{8}([0-9a-f]{9})?$/.test(value)) return { id: value };
    if (value === own) return { pointer: own };
    const reason =
      value === 'latest' || value === 'validated' ? `, and ${environment} cannot follow it: ${refused}` : '';
    throw new DeliveryRefusedError(
      `${name} is ${JSON.stringify(value)}${reason}; give it an image id such as ami-0123456789abcdef0, or ${own}.`,
    );
  };
  return Object.fromEntries(instanceRoles.map((role) => [role, requestOf(role)])) as Record<InstanceRole, ImageRequest>;
}
