import { accountOf, resolved, type PolicyStatement } from '../support/policies';
import { resourcesOf, resourceWith, stackOf, synthesize, type Arguments } from '../support/synthesized';
import { withEverything } from '../support/factories';
import { isAllowed, type Principal, type Request } from './iam/evaluate';
import type { Context } from './iam/conditions';

/** With everything on: that is where most is allowed. */
const stacks = synthesize({ factory: withEverything() });
const region = 'us-west-2';

export const accounts = { ops: '111111111111', staging: '222222222222', production: '333333333333' } as const;
export type AccountName = keyof typeof accounts;

const statementsOf = (account: AccountName, document: unknown): readonly PolicyStatement[] =>
  (JSON.parse(resolved(stackOf(stacks, account), String(document))) as { Statement: PolicyStatement[] }).Statement;

const role = (account: AccountName, name: string): Arguments =>
  resourceWith(stackOf(stacks, account), 'aws_iam_role', 'name', name);
const idOf = (reference: unknown): string => /^\$\{aws_\w+\.([\w-]+)\./.exec(String(reference))?.[1] ?? '';

/** A role of an account as it is synthesized, with all its policies and its boundary. */
export function principal(account: AccountName, name: string): Principal {
  const stack = stackOf(stacks, account);
  const [id] = Object.entries(stack.resource['aws_iam_role'] ?? {}).find(([, args]) => args['name'] === name) ?? [];
  if (id === undefined) throw new Error(`${account} has no role ${name}`);
  const of = (type: string) => resourcesOf(stack, type).filter((args) => idOf(args['role']) === id);
  const documents = [
    ...of('aws_iam_role_policy').map(({ policy }) => policy),
    ...of('aws_iam_role_policy_attachment').map(
      ({ policy_arn: arn }) => stack.resource['aws_iam_policy']?.[idOf(arn)]?.['policy'],
    ),
  ];
  const boundary = stack.resource['aws_iam_policy']?.[idOf(role(account, name)['permissions_boundary'])]?.['policy'];
  return {
    arn: `arn:aws:iam::${accountOf(stack)}:role/${name}`,
    statements: documents.flatMap((document) => statementsOf(account, document)),
    ...(boundary !== undefined && { boundary: statementsOf(account, boundary) }),
  };
}

/** A person with all rights in an account, and a role of no name that this design knows. */
export const administrator = (account: AccountName, name = 'Admin'): Principal => ({
  arn: `arn:aws:iam::${accounts[account]}:role/${name}`,
  statements: [{ Sid: 'All', Effect: 'Allow', Action: '*', Resource: '*' }],
});

/** Every role of an account. */
export const rolesOf = (account: AccountName): readonly Principal[] =>
  resourcesOf(stackOf(stacks, account), 'aws_iam_role').map(({ name }) => principal(account, String(name)));

const inRegion: Context = { 'aws:RequestedRegion': region };

/** What a principal asks for, in the region, with what the caller and the resource add to the request. */
export const may = (who: Principal, action: string, resource: string, more: Partial<Request> = {}): boolean =>
  isAllowed(who, { action, resource, ...more, context: { ...inRegion, ...more.context } });

export const secretArn = (account: AccountName, name: string): string =>
  `arn:aws:secretsmanager:${region}:${accounts[account]}:secret:/boundless/${account}/prover-cluster/${name}-a1b2c3`;

/** A call on a secret, whose policy counts. */
export function mayOnSecret(who: Principal, action: string, account: AccountName, name: string): boolean {
  const stack = stackOf(stacks, account);
  const [, policy] =
    Object.entries(stack.resource['aws_secretsmanager_secret_policy'] ?? {}).find(([id]) =>
      id.startsWith(`Data_Secrets_${name}-policy_`),
    ) ?? [];
  return may(who, action, secretArn(account, name), { resourcePolicy: statementsOf(account, policy?.['policy']) });
}

/** The cluster's key, with the tag by which policies know it. */
export function mayOnClusterKey(who: Principal, action: string, account: AccountName, context: Context = {}): boolean {
  const [key] = resourcesOf(stackOf(stacks, account), 'aws_kms_key');
  return may(who, action, `arn:aws:kms:${region}:${accounts[account]}:key/k`, {
    resourcePolicy: statementsOf(account, key?.['policy']),
    context: { 'aws:ResourceTag/Stack': `prover-cluster-${account}`, ...context },
  });
}

/** A principal and every role that it reaches, one after the other, in any account. */
export function takenFrom(who: Principal): readonly Principal[] {
  const found = [who];
  const left = (Object.keys(accounts) as AccountName[]).flatMap((account) =>
    rolesOf(account).map((role) => ({ account, role })),
  );
  for (const taker of found)
    for (const { account, role } of left)
      if (!found.some(({ arn }) => arn === role.arn) && mayTake(taker, account, role.arn.split('/')[1]!))
        found.push(role);
  return found;
}

/** Whether a principal can take a role: its own policies and the role's trust must allow it. */
export function mayTake(who: Principal, account: AccountName, name: string): boolean {
  const resourcePolicy = statementsOf(account, role(account, name)['assume_role_policy']);
  return may(who, 'sts:AssumeRole', `arn:aws:iam::${accounts[account]}:role/${name}`, { resourcePolicy });
}

export const stackNamed = (name: string) => stackOf(stacks, name);
export const allStacks = stacks;
