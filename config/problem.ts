/** One thing that is wrong in the configuration: where it stands, what stands there, and what to do. */
export interface ConfigurationProblem {
  readonly file: string;
  /** Path to the value, for example `prover.instanceTypes.0`. */
  readonly field: string;
  readonly value: unknown;
  /** What is wrong with the value, and the fix. */
  readonly message: string;
}

const show = (value: unknown): string => (value === undefined ? '(nothing)' : JSON.stringify(value));

/** Thrown once, with every problem of every file. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(readonly problems: readonly ConfigurationProblem[]) {
    const lines = problems.map(({ file, field, value, message }) => `  ${file}: ${field}: ${show(value)} ${message}`);
    super(`The configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n${lines.join('\n')}`);
  }
}
