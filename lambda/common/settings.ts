import type { z } from 'zod';
import { SettingsError } from './errors';

/** Variables of an environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings of a function from its environment.
 *
 * @param expected for each variable of the schema, what it must be set to, in words
 * @throws SettingsError that names every variable that is missing or malformed
 */
export function readSettings<Shape extends z.ZodObject>(
  schema: Shape,
  expected: Readonly<Record<keyof z.infer<Shape>, string>>,
  environment: Environment,
): z.infer<Shape> {
  const { success, data, error } = schema.safeParse(environment);
  if (success) return data;
  const names = new Set(error.issues.map(({ path }) => String(path[0])));
  const texts: Readonly<Record<string, string>> = expected;
  throw new SettingsError(
    [...names].map((name) => `${name} ${found(environment[name])}; set it to ${texts[name] ?? 'a text'}`),
  );
}

const found = (value: string | undefined): string =>
  value === undefined ? 'is missing' : `is ${JSON.stringify(value)}`;
