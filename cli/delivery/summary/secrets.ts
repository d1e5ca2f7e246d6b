import type { Change, Plan } from './changes';

/** Whether a text holds something that must not be shown. */
export type Hides = (text: string) => boolean;

/** Shorter values are hidden only where they stand alone: `a` is a part of nearly everything. */
const shortest = 4;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The texts and numbers in a value, of which the marks mark it or what it is in. */
function leaves(value: unknown, marks: unknown): string[] {
  if (Array.isArray(value))
    return value.flatMap((item, index) =>
      leaves(item, marks === true || (Array.isArray(marks) ? marks[index] : undefined)),
    );
  if (isObject(value))
    return Object.entries(value).flatMap(([name, item]) =>
      leaves(item, marks === true || (isObject(marks) ? marks[name] : undefined)),
    );
  if (marks !== true || (typeof value !== 'string' && typeof value !== 'number') || value === '') return [];
  return [String(value)];
}

const ofChange = ({ before, before_sensitive: was, after, after_sensitive: is }: Change): string[] => [
  ...leaves(before, was),
  ...leaves(after, is),
];

/**
 * Hides every value that is sensitive anywhere in the plan, wherever it stands. The marks alone do not do: what a provider
 * computes from a sensitive argument, Terraform does not mark.
 */
export function hidesOf(plan: Plan): Hides {
  const variables = Object.entries(plan.configuration?.root_module?.variables ?? {}).flatMap(([name, { sensitive }]) =>
    leaves(plan.variables[name]?.value, sensitive === true),
  );
  const secrets = new Set([
    ...variables,
    ...[...plan.resource_changes, ...plan.resource_drift].flatMap(({ change }) => ofChange(change)),
    ...Object.values(plan.output_changes).flatMap(ofChange),
  ]);
  // In JSON a text is written with its escapes.
  const long = [...secrets]
    .filter((secret) => secret.length >= shortest)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  return (text) => secrets.has(text) || long.some((secret) => text.includes(secret));
}
