import { listOf } from '../../support/policies';
import { actionMatches, meets, resourceMatches, withVariables, type Context, type Statement } from './conditions';

export interface Principal {
  /** ARN of a role, a user, or an account's root user. */
  readonly arn: string;
  readonly statements: readonly Statement[];
  /** Statements of the permissions boundary, where there is one. */
  readonly boundary?: readonly Statement[];
}

export interface Request {
  readonly action: string;
  /** ARN, or `*` for an action without resources. */
  readonly resource: string;
  readonly context?: Context;
  /** The policy of the resource, where it has one. */
  readonly resourcePolicy?: readonly Statement[];
}

const accountOf = (arn: string): string => arn.split(':')[4] ?? '';

/**
 * Whether a statement is about the request. A policy of a resource may leave its resource out; what it leaves out stands for all.
 */
function applies(statement: Statement, { action, resource }: Request, context: Context): boolean {
  const { Action, NotAction, Resource, NotResource, Condition } = statement;
  const isAction = (patterns: string | readonly string[]) => listOf(patterns).some((one) => actionMatches(one, action));
  const isResource = (patterns: string | readonly string[]) =>
    listOf(patterns).some((one) => resourceMatches(withVariables(one, context), resource));
  return (
    (Action === undefined || isAction(Action)) &&
    (NotAction === undefined || !isAction(NotAction)) &&
    (Resource === undefined || isResource(Resource)) &&
    (NotResource === undefined || !isResource(NotResource)) &&
    meets(Condition, context)
  );
}

type Naming = 'itself' | 'everybody' | 'account';

/** How a statement of a resource's policy names the principal, if it does: an ARN or a service, everybody, or its account. */
function named({ Principal }: Statement, arn: string): Naming | undefined {
  if (Principal === undefined) throw new Error('a statement of the policy of a resource names no principal');
  const principals = typeof Principal === 'string' ? [Principal] : Object.values(Principal).flatMap(listOf);
  if (principals.includes(arn)) return 'itself';
  if (principals.includes('*')) return 'everybody';
  const account = accountOf(arn);
  return principals.includes(`arn:aws:iam::${account}:root`) || principals.includes(account) ? 'account' : undefined;
}

/**
 * Whether AWS allows a request (IAM User Guide, "Policy evaluation logic"): a deny anywhere counts most; within an account, the
 * policy of the resource or those of the principal must allow it, from another account both. A key's policy and a role's trust must
 * allow it in any case: they are the only policies that do, or that let the account's own policies do it.
 */
export function isAllowed({ arn, statements, boundary }: Principal, request: Request): boolean {
  const context: Context = { 'aws:PrincipalArn': arn, 'aws:PrincipalAccount': accountOf(arn), ...request.context };
  const resourcePolicy = request.resourcePolicy ?? [];
  const ofEffect = (effect: 'Allow' | 'Deny', all: readonly Statement[]) =>
    all.filter((statement) => statement.Effect === effect && applies(statement, request, context));

  const denied = [...ofEffect('Deny', [...statements, ...(boundary ?? [])])];
  const deniedByResource = ofEffect('Deny', resourcePolicy).filter((one) => named(one, arn) !== undefined);
  if (denied.length + deniedByResource.length > 0) return false;

  const bounded = boundary === undefined || ofEffect('Allow', boundary).length > 0;
  const own = bounded && ofEffect('Allow', statements).length > 0;
  const ofResource = ofEffect('Allow', resourcePolicy).map((one) => named(one, arn));
  const lets = ofResource.some((one) => one !== undefined);
  const sameAccount = accountOf(request.resource) === accountOf(arn) || accountOf(request.resource) === '';
  // What names the role is bounded by its boundary; what lets everybody in is not (IAM User Guide, "Permissions boundaries for IAM
  // entities").
  const letsItself = (bounded && ofResource.includes('itself')) || ofResource.includes('everybody');
  const mustLet = /^kms:|^sts:AssumeRole$/.test(request.action) || !sameAccount;
  return mustLet ? lets && (own || (sameAccount && letsItself)) : own || letsItself;
}
