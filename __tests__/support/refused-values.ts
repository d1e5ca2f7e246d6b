import { ConfigurationError, factory, validated, type FactoryConfig } from '../../config';

/** Where a value of the configuration stands: `['environments', 0, 'accountId']`. */
export type Path = readonly (string | number)[];

export const staging = (...path: Path): Path => ['environments', 0, ...path];

/** The shipped configuration with one value replaced. */
export function withValue(path: Path, value: unknown): FactoryConfig {
  const copy = structuredClone(factory) as unknown as Record<string, unknown>;
  const parent = path
    .slice(0, -1)
    .reduce<Record<string | number, unknown>>((at, key) => at[key] as Record<string, unknown>, copy);
  parent[path.at(-1)!] = value;
  return copy as unknown as FactoryConfig;
}

/** What is wrong with a configuration. */
export function problemsOf(
  config: FactoryConfig,
): readonly { file: string; field: string; value: unknown; message: string }[] {
  try {
    validated(config);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

/** A value that is refused: what it is, where, the value, the file and the field that the error names, and its message. */
export type RefusedValue = readonly [
  what: string,
  at: Path,
  value: unknown,
  file: string,
  field: string,
  message: RegExp,
];

/** Tests that the validation names file, field, value and fix of each. */
export function testRefused(values: readonly RefusedValue[]): void {
  test.each(values)('%s', (_, path, value, file, field, message) => {
    const problems = problemsOf(withValue(path, value));
    const found = problems.filter((problem) => problem.field === field && message.test(problem.message));
    expect([found.length, problems]).toEqual([1, expect.anything()]);
    expect(found[0]).toMatchObject({ file });
    expect(() => validated(withValue(path, value))).toThrow(`${file}: ${field}: ${JSON.stringify(found[0]?.value)} `);
  });
}
