import { ops } from './ops';
import { production } from './production';
import type { EnvironmentConfig, FactoryConfig } from './schema';
import { staging } from './staging';

export type { EnvironmentConfig, ExistingNetwork, FactoryConfig, OpsConfig, OwnNetwork } from './schema';
export { ConfigurationError, type ConfigurationProblem } from './problem';
export { filesOf, validated, warningsOf } from './validate';
export { unlistedEnvironments } from './unlisted';
export { problemTable } from './problem-table';

/** Every service account by the file that it is written in. `make environment NAME=<name>` adds one. */
const environments: Readonly<Record<string, EnvironmentConfig>> = {
  'config/staging.ts': staging,
  'config/production.ts': production,
};

/** The factory as it is deployed. */
export const factory: FactoryConfig = {
  ops,
  environments: Object.values(environments),
  files: Object.keys(environments),
};

/**
 * The environment of that name.
 *
 * @throws Error for an unknown name: nothing ever falls back to another environment.
 */
export function environmentNamed(name: string, { environments }: FactoryConfig = factory): EnvironmentConfig {
  const found = environments.find(({ environment }) => environment === name);
  if (found === undefined) {
    const known = environments.map(({ environment }) => environment).join(', ');
    throw new Error(`There is no environment ${JSON.stringify(name)}; use one of ${known}.`);
  }
  return found;
}
