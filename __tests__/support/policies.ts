import { allResources, type SynthesizedStack } from './synthesized';

/** A statement as it stands in a synthesized policy. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: Readonly<Record<string, string | readonly string[]>>;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface Policy {
  /** `<stack>/<name of the role, policy or resource>`. */
  readonly owner: string;
  readonly kind: 'identity' | 'trust' | 'resource';
  readonly statements: readonly PolicyStatement[];
}

export const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;

const identityTypes = ['aws_iam_role_policy', 'aws_iam_policy', 'aws_iam_user_policy'];

/** Every policy document of a stack. A policy that is not JSON fails here. */
export function policiesOf(stack: SynthesizedStack): Policy[] {
  return allResources(stack).flatMap(({ type, id, args }) =>
    (['policy', 'assume_role_policy'] as const).flatMap((argument) => {
      const document = args[argument];
      if (typeof document !== 'string') return [];
      const { Statement } = JSON.parse(document) as { Statement: PolicyStatement[] };
      const kind = argument === 'assume_role_policy' ? 'trust' : identityTypes.includes(type) ? 'identity' : 'resource';
      const name = typeof args['name'] === 'string' ? args['name'] : id;
      return [{ owner: `${stack.name}/${name}`, kind, statements: Statement } satisfies Policy];
    }),
  );
}

/** The identity policy of the role or managed policy of that name. */
export function identityPolicy(stack: SynthesizedStack, name: string): readonly PolicyStatement[] {
  const found = policiesOf(stack).find(({ owner, kind }) => kind === 'identity' && owner === `${stack.name}/${name}`);
  if (found === undefined) throw new Error(`${stack.name} has no identity policy ${name}`);
  return found.statements;
}
