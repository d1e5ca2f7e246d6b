import { listOf, type PolicyStatement } from '../../support/policies';
import { matches } from '../../support/globs';

/** A statement of any policy, with the elements that this design's policies do without. */
export interface Statement extends Omit<PolicyStatement, 'Action' | 'Principal' | 'Sid'> {
  readonly Sid?: string;
  readonly Principal?: '*' | PolicyStatement['Principal'];
  readonly Action?: PolicyStatement['Action'];
  readonly NotAction?: PolicyStatement['Action'];
  readonly NotResource?: PolicyStatement['Resource'];
}

/** Values of condition keys of a request. A key that is not there is not in the request. */
export type Context = Readonly<Record<string, string | readonly string[]>>;

const arnMatches = (pattern: string, arn: string): boolean => {
  const [patterns, parts] = [pattern, arn].map((one) => {
    const [prefix = '', partition = '', service = '', region = '', account = '', ...resource] = one.split(':');
    return [prefix, partition, service, region, account, resource.join(':')];
  });
  return patterns!.every((part, index) => exactly(part, parts![index] ?? ''));
};

/** With `*` and `?`, and regard to case. */
function exactly(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`).test(text);
}

const tests: Readonly<Record<string, (wanted: string, value: string) => boolean>> = {
  StringEquals: (wanted, value) => wanted === value,
  StringEqualsIgnoreCase: (wanted, value) => wanted.toLowerCase() === value.toLowerCase(),
  StringLike: exactly,
  // IAM takes both for the same (IAM User Guide, "IAM JSON policy elements: Condition operators").
  ArnEquals: arnMatches,
  ArnLike: arnMatches,
  Bool: (wanted, value) => wanted.toLowerCase() === value.toLowerCase(),
};

const valueOf = (context: Context, key: string): readonly string[] | undefined => {
  const found = Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase());
  return found === undefined ? undefined : listOf(found[1]);
};

/**
 * A text of a policy with the values of its variables. One without a value is kept, and matches nothing: the text of a request
 * has no such characters (IAM User Guide, "IAM policy elements: Variables and tags").
 */
export const withVariables = (text: string, context: Context): string =>
  text.replace(/\$\{([\w:/.-]+)\}/g, (variable, key: string) => {
    const values = valueOf(context, key);
    return values?.length === 1 ? values[0]! : variable;
  });

/**
 * Whether a request meets one operator with one key (IAM User Guide, "IAM JSON policy elements: Condition operators",
 * "Multivalued context keys").
 *
 * @throws Error for an operator that is not known: a condition that is not understood must not count as met
 */
function meetsOne(operator: string, key: string, wanted: readonly string[], context: Context): boolean {
  const [, set, negated, name = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(?:(?=\w+Not)(?:String|Arn)(Not))?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const base = negated === undefined ? name : `${operator.includes('Arn') ? 'Arn' : 'String'}${name}`;
  const values = valueOf(context, key);
  if (base === 'Null') return wanted.every((want) => (want === 'true') === (values === undefined));
  const test = tests[base];
  if (test === undefined) throw new Error(`the operator ${operator} is not known`);
  if (values === undefined || values.length === 0)
    return ifExists !== undefined || set === 'ForAllValues' || (set === undefined && negated !== undefined);
  const fits = (value: string): boolean =>
    wanted.some((want) => test(withVariables(want, context), value)) === (negated === undefined);
  return set === 'ForAnyValue' ? values.some(fits) : values.every(fits);
}

/** Whether a request meets all conditions of a statement. */
export const meets = (Condition: Statement['Condition'], context: Context): boolean =>
  Object.entries(Condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => meetsOne(operator, key, listOf(wanted), context)),
  );

/** Whether a statement's resource stands for a resource. */
export const resourceMatches = (pattern: string, resource: string): boolean =>
  pattern === '*' || exactly(pattern, resource);

export const actionMatches = matches;
