/**
 * The shape of the configuration, and what each value may be on its own. What values must be to each other stands in
 * `validate.ts`. Each message has what is wrong, a semicolon and the fix: `problem-table.ts` prints it.
 */
import type { EnvironmentConfig } from './environment';
import type { OpsConfig } from './ops';

export { environmentSchema, type EnvironmentConfig } from './environment';
export type { ExistingNetwork, OwnNetwork } from './network';
export { opsSchema, type OpsConfig } from './ops';

/** What the whole factory is made from. */
export interface FactoryConfig {
  readonly ops: OpsConfig;
  /** The service accounts; images are shared with every one of them, and with nobody else. */
  readonly environments: readonly EnvironmentConfig[];
  /**
   * The file of each environment, for messages.
   * @default - `config/<name>.ts`
   */
  readonly files?: readonly string[];
}
