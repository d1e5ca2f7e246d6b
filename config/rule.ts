import type { EnvironmentConfig, OpsConfig } from './schema';

/** A value that is right alone, and impossible or useless with others. */
export interface Wrong {
  readonly field: string;
  readonly value: unknown;
  /** What is wrong, and the fix. */
  readonly message: string;
}

/** Compares values of an environment with each other, or with those of ops. */
export type Rule = (environment: EnvironmentConfig, ops: OpsConfig) => Wrong | undefined;
