import { problemTable } from './problem-table';

/** One thing that is wrong in the configuration: where it is, what is there, and what to do. */
export interface ConfigurationProblem {
  readonly file: string;
  /** Path to the value, for example `prover.instanceTypes.0`. */
  readonly field: string;
  readonly value: unknown;
  /** What is wrong with the value, a semicolon, and the fix. */
  readonly message: string;
}

const show = (value: unknown): string => (value === undefined ? '(nothing)' : JSON.stringify(value));

/** Thrown once, with every problem of every file. Its message has a line for each; `table` is what people read. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly table: string;

  constructor(readonly problems: readonly ConfigurationProblem[]) {
    const title = `The configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:`;
    const lines = problems.map(({ file, field, value, message }) => `  ${file}: ${field}: ${show(value)} ${message}`);
    super(`${title}\n${lines.join('\n')}`);
    this.table = `${title}\n\n${problemTable(problems)}`;
  }
}
