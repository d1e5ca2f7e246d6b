import { listOf, type PolicyStatement } from '../../support/policies';
import { actionMatches, meets, resourceMatches, type Context } from './conditions';

export interface Principal {
  /** ARN of a role, a user, or an account's root user. */
  readonly arn: string;
  readonly statements: readonly PolicyStatement[];
  /** Statements of the permissions boundary, where there is one. */
  readonly boundary?: readonly PolicyStatement[];
}

export interface Request {
  readonly action: string;
  /** ARN, or `*` for an action without resources. */
  readonly resource: string;
  readonly context?: Context;
  /** The policy of the resource, where it has one. */
  readonly resourcePolicy?: readonly PolicyStatement[];
}

const accountOf = (arn: string): string => arn.split(':')[4] ?? '';

const applies = ({ Action, Resource, Condition }: PolicyStatement, request: Request, context: Context): boolean =>
  listOf(Action).some((pattern) => actionMatches(pattern, request.action)) &&
  (Resource === undefined || listOf(Resource).some((pattern) => resourceMatches(pattern, request.resource))) &&
  meets(Condition, context);

/** How a statement of a resource's policy names the principal: itself, its whole account, or not at all. */
function named({ Principal }: PolicyStatement, arn: string): 'itself' | 'account' | undefined {
  const principals = listOf(Principal?.['AWS']);
  const root = `arn:aws:iam::${accountOf(arn)}:root`;
  if (principals.includes(arn) || principals.includes('*')) return 'itself';
  return principals.includes(root) || principals.includes(accountOf(arn)) ? 'account' : undefined;
}

/**
 * Whether AWS allows a request (IAM User Guide, "Policy evaluation logic"): a deny anywhere counts most; within an account, the
 * policy of the resource or those of the principal must allow it, from another account both. A key's policy and a role's trust must
 * allow it in any case: they are the only policies that do, or that let the account's own policies do it.
 */
export function isAllowed({ arn, statements, boundary }: Principal, request: Request): boolean {
  const context: Context = { 'aws:PrincipalArn': arn, 'aws:PrincipalAccount': accountOf(arn), ...request.context };
  const resourcePolicy = request.resourcePolicy ?? [];
  const ofEffect = (effect: 'Allow' | 'Deny', all: readonly PolicyStatement[]) =>
    all.filter((statement) => statement.Effect === effect && applies(statement, request, context));

  const denied = [...ofEffect('Deny', [...statements, ...(boundary ?? [])])];
  const deniedByResource = ofEffect('Deny', resourcePolicy).filter((one) => named(one, arn) !== undefined);
  if (denied.length + deniedByResource.length > 0) return false;

  const own =
    ofEffect('Allow', statements).length > 0 && (boundary === undefined || ofEffect('Allow', boundary).length > 0);
  const ofResource = ofEffect('Allow', resourcePolicy).map((one) => named(one, arn));
  const lets = ofResource.some((one) => one !== undefined);
  const sameAccount = accountOf(request.resource) === accountOf(arn) || accountOf(request.resource) === '';
  const mustLet = /^kms:|^sts:AssumeRole$/.test(request.action) || !sameAccount;
  if (mustLet) return lets && (own || (sameAccount && ofResource.includes('itself')));
  return own || ofResource.includes('itself');
}
