import { isDeepStrictEqual } from 'node:util';

export interface Difference {
  /** Where it is in the stack's JSON, as `terraform/required_providers/aws/version`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every value that differs between two documents; `undefined` where one has none. */
export function differences(before: unknown, after: unknown, path = ''): Difference[] {
  if (isObject(before) && isObject(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      differences(before[key], after[key], path === '' ? key : `${path}/${key}`),
    );
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((value, index) => differences(value, after[index], `${path}/${index}`));
  return isDeepStrictEqual(before, after) ? [] : [{ path, before, after }];
}

/** Versions of the tool and of its AWS provider. */
export interface Versions {
  readonly tool: string;
  readonly provider: string;
}

/**
 * What may differ between the same stack synthesized by cdktf and by cdktn: the tool's version in the metadata, and the
 * provider's version and source, which name the same provider.
 */
const expected = (before: Versions, after: Versions): readonly Difference[] => [
  { path: '///metadata/version', before: before.tool, after: after.tool },
  { path: 'terraform/required_providers/aws/version', before: before.provider, after: after.provider },
  { path: 'terraform/required_providers/aws/source', before: 'aws', after: 'hashicorp/aws' },
];

/** Differences that leaving cdktf must not make. */
export const unexpected = (found: readonly Difference[], before: Versions, after: Versions): Difference[] =>
  found.filter((difference) => !expected(before, after).some((one) => isDeepStrictEqual(one, difference)));
