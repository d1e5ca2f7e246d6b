import { allResources, type Arguments, type SynthesizedStack } from './synthesized';

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
  /** Terraform's type of the resource that holds it. */
  readonly type: string;
  /** The role of an inline policy, by stack and reference; empty for others. */
  readonly role: string;
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
      const role = typeof args['role'] === 'string' ? `${stack.name}/${args['role']}` : '';
      return [{ owner: `${stack.name}/${name}`, kind, type, role, statements: Statement } satisfies Policy];
    }),
  );
}

/** The identity policy of the role or managed policy of that name. */
export function identityPolicy(stack: SynthesizedStack, name: string): readonly PolicyStatement[] {
  const found = policiesOf(stack).find(({ owner, kind }) => kind === 'identity' && owner === `${stack.name}/${name}`);
  if (found === undefined) throw new Error(`${stack.name} has no identity policy ${name}`);
  return found.statements;
}

/** The account of a stack, which its provider insists on. */
export const accountOf = (stack: SynthesizedStack): string => {
  const [{ allowed_account_ids: [account = ''] = [] } = {}] = (
    stack.provider as {
      aws: { allowed_account_ids?: string[] }[];
    }
  ).aws;
  return account;
};

/** The ARN that AWS gives a resource of this type, where a policy names it by a reference. */
const arnOf: Readonly<Record<string, (args: Arguments, account: string) => string>> = {
  aws_cloudwatch_log_group: ({ name }, account) => `arn:aws:logs:us-west-2:${account}:log-group:${String(name)}`,
  aws_codebuild_project: ({ name }, account) => `arn:aws:codebuild:us-west-2:${account}:project/${String(name)}`,
  aws_codepipeline: ({ name }, account) => `arn:aws:codepipeline:us-west-2:${account}:${String(name)}`,
  aws_iam_policy: ({ name }, account) => `arn:aws:iam::${account}:policy/${String(name)}`,
  aws_iam_role: ({ name }, account) => `arn:aws:iam::${account}:role/${String(name)}`,
  aws_kms_key: (_, account) => `arn:aws:kms:us-west-2:${account}:key/01234567-89ab-cdef-0123-456789abcdef`,
  aws_s3_bucket: ({ bucket }) => `arn:aws:s3:::${String(bucket)}`,
  aws_secretsmanager_secret: ({ name }, account) =>
    `arn:aws:secretsmanager:us-west-2:${account}:secret:${String(name)}-a1b2c3`,
  aws_sns_topic: ({ name }, account) => `arn:aws:sns:us-west-2:${account}:${String(name)}`,
  aws_sqs_queue: ({ name }, account) => `arn:aws:sqs:us-west-2:${account}:${String(name)}`,
};

/** A text of a policy with the ARNs that AWS puts in the place of references. */
export const resolved = (stack: SynthesizedStack, text: string): string =>
  text.replace(/\$\{(aws_\w+)\.([\w-]+)\.arn\}/g, (reference, type: string, id: string) => {
    const args = stack.resource[type]?.[id];
    const arn = arnOf[type];
    if (args === undefined || arn === undefined) throw new Error(`${stack.name}: what is the ARN of ${reference}?`);
    return arn(args, accountOf(stack));
  });

/** The statement with the ARNs of resources that it names by reference. */
export const withArns = (stack: SynthesizedStack, statement: PolicyStatement): PolicyStatement =>
  statement.Resource === undefined
    ? statement
    : { ...statement, Resource: listOf(statement.Resource).map((resource) => resolved(stack, resource)) };

/** Every role and user of a stack with all statements that its own and its attached policies hold. */
export function principalsOf(
  stack: SynthesizedStack,
): { readonly owner: string; readonly statements: readonly PolicyStatement[] }[] {
  const parsed = (policy: unknown) =>
    (JSON.parse(String(policy)) as { Statement: PolicyStatement[] }).Statement.map((one) => withArns(stack, one));
  const idIn = (reference: unknown) => /^\$\{aws_\w+\.([\w-]+)\./.exec(String(reference))?.[1] ?? '';
  return (['role', 'user'] as const).flatMap((kind) =>
    Object.entries(stack.resource[`aws_iam_${kind}`] ?? {}).map(([id, { name }]) => {
      const inline = Object.values(stack.resource[`aws_iam_${kind}_policy`] ?? {}).filter(
        (one) => idIn(one[kind]) === id,
      );
      const attached = Object.values(stack.resource[`aws_iam_${kind}_policy_attachment`] ?? {})
        .filter((one) => idIn(one[kind]) === id)
        .map(
          ({ policy_arn }) => stack.resource['aws_iam_policy']?.[idIn(policy_arn)] ?? { policy: '{"Statement":[]}' },
        );
      return {
        owner: `${stack.name}/${String(name)}`,
        statements: [...inline, ...attached].flatMap(({ policy }) => parsed(policy)),
      };
    }),
  );
}
