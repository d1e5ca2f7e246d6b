import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import type { ConfigurationProblem } from './problem';
import { expected, keysOf, schemaAt } from './schema/expected';

/** A value that is wrong by itself. */
export interface ShapeProblem extends ConfigurationProblem {
  /** Path within the input. */
  readonly path: readonly PropertyKey[];
}

export const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined | null)?.[key], input);

/** The nearest known key, where it can be a slip of the fingers. */
function suggestion(key: string, known: readonly string[]): string {
  const farFrom = (other: string): number => distance(key.toLowerCase(), other.toLowerCase());
  const [nearest] = known.toSorted((one, other) => farFrom(one) - farFrom(other));
  return nearest !== undefined && farFrom(nearest) <= 3
    ? `write ${nearest}, or remove it`
    : `remove it, or use one of ${known.join(', ')}`;
}

/** Every value of a file that is wrong by itself. */
export function problemsOfShape(file: string, schema: z.ZodType, input: unknown): ShapeProblem[] {
  const { error } = schema.safeParse(input);
  return (error?.issues ?? []).flatMap((issue) => {
    const at = (path: readonly PropertyKey[], message: string): ShapeProblem => ({
      file,
      field: path.length === 0 ? '(all of it)' : path.map(String).join('.'),
      value: valueAt(input, path),
      message,
      path,
    });
    if (issue.code === 'unrecognized_keys') {
      const known = keysOf(schemaAt(schema, issue.path) ?? schema) ?? [];
      return issue.keys.map((key) =>
        at([...issue.path, key], `is the value of a key that is not known here; ${suggestion(key, known)}`),
      );
    }
    // What an object is depends on such a key: nothing below the object has been looked at.
    const path = issue.code === 'invalid_union' ? issue.path.slice(0, -1) : issue.path;
    const { message } = issue;
    const wanted = schemaAt(schema, path);
    const fix = wanted === undefined ? 'see config/schema' : expected(wanted);
    if (valueAt(input, path) === undefined) return [at(path, `is missing; ${fix}`)];
    return [at(path, message.includes('; ') ? message : `has the wrong type; ${fix}`)];
  });
}
