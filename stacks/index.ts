import type { App } from 'cdktf';
import type { FactoryConfig } from '../config';
import { roles } from '../config/names';
import { OpsStack } from './ops-stack';
import { ProverClusterStack } from './prover-cluster-stack';
import { ServiceAccountStack } from './service-account-stack';

/** Roles that a pipeline may act through in a service account, as `BOUNDLESS_ACT_AS` names them. */
const actAsRoles: Readonly<Record<string, string>> = { deployment: roles.deployment, plan: roles.plan };

/**
 * The role that `BOUNDLESS_ACT_AS` asks for; none when it is not set.
 *
 * @throws Error for anything but `deployment` and `plan`: a misspelt role must not mean the credentials at hand.
 */
export function actAsRole(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  const role = Object.hasOwn(actAsRoles, value) ? actAsRoles[value] : undefined;
  if (role === undefined)
    throw new Error(
      `BOUNDLESS_ACT_AS is ${JSON.stringify(value)}; set it to one of ${Object.keys(actAsRoles).join(', ')}, or unset it.`,
    );
  return role;
}

export interface StacksProps {
  readonly factory: FactoryConfig;
  /** Path of the archive of a Lambda, by its name. */
  readonly archiveOf: (functionName: string) => string;
  /**
   * Name of the role that cluster stacks act through.
   * @default - the credentials at hand
   */
  readonly actAs?: string | undefined;
}

/** Every stack of the factory: one of the ops account, two of each service account. */
export function addStacks(app: App, { factory, archiveOf, actAs }: StacksProps): void {
  new OpsStack(app, { factory, archiveOf });
  const proved = factory.environments
    .filter(({ followsLatest }) => !followsLatest)
    .map(({ environment }) => environment);
  for (const config of factory.environments) {
    const proves = config.environment === factory.ops.delivery.provingEnvironment ? proved : [];
    new ServiceAccountStack(app, { ops: factory.ops, config, proves });
    new ProverClusterStack(app, { config, actAs });
  }
}
