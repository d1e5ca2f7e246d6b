// As a namespace, for the bundler: see event.ts.
import * as z from 'zod';
import { volumeKeyActions } from '../../../config/image-key';
import { arns, roles } from '../../../config/names';

const oneOrMany = z.union([z.string().transform((text) => [text]), z.array(z.string())]);

/** As much of a policy as is read here (IAM User Guide, "IAM JSON policy elements reference"). */
const schema = z.looseObject({
  Statement: z.array(
    z.looseObject({
      Effect: z.string(),
      Principal: z.union([z.string(), z.looseObject({ AWS: oneOrMany.optional() })]).optional(),
      Action: oneOrMany.optional(),
      Condition: z.record(z.string(), z.record(z.string(), oneOrMany)).optional(),
    }),
  ),
});
type Statement = z.infer<typeof schema>['Statement'][number];

/** A statement as it would stand in the policy. */
export interface NeededStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Principal: { readonly AWS: string };
  readonly Action: readonly string[];
  readonly Resource: '*';
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * The statements that a service account needs in the image key's policy and that are not there
 * (docs/facts/images.md#key-policy). Conditions that the factory's own policy has are taken for met, others are not:
 * this would rather warn once too often. `Deny` statements are not looked at.
 */
export function policyGaps(policy: string, accountId: string): readonly NeededStatement[] {
  const { Statement: statements } = schema.parse(JSON.parse(policy));
  const allowed = statements.filter((statement) => statement.Effect === 'Allow' && names(statement, accountId));
  return [use(accountId), grant(accountId)].filter(
    ({ Action, Sid }) =>
      !Action.every((action) =>
        allowed.some((statement) => allows(statement, action) && met(statement, Sid, accountId)),
      ),
  );
}

const use = (accountId: string): NeededStatement => ({
  Sid: 'UseTheImageKey',
  Effect: 'Allow',
  Principal: { AWS: arns.root(accountId) },
  Action: volumeKeyActions,
  Resource: '*',
});

const grant = (accountId: string): NeededStatement => ({
  Sid: 'GrantItToAutoScaling',
  Effect: 'Allow',
  Principal: { AWS: arns.root(accountId) },
  Action: ['kms:CreateGrant'],
  Resource: '*',
  Condition: { ArnEquals: { 'kms:GranteePrincipal': arns.role(accountId, roles.autoScaling) } },
});

function names({ Principal }: Statement, accountId: string): boolean {
  const principals = typeof Principal === 'string' ? [Principal] : (Principal?.AWS ?? []);
  return principals.some((principal) => [arns.root(accountId), accountId, '*'].includes(principal));
}

/** Wildcards of both sides are taken literally but for those at the end, the only ones that policies of keys have. */
const allows = ({ Action = [] }: Statement, needed: string): boolean =>
  Action.some((action) => action === needed || (action.endsWith('*') && needed.startsWith(action.slice(0, -1))));

function met({ Condition = {} }: Statement, purpose: string, accountId: string): boolean {
  const keys = Object.values(Condition).flatMap((block) => Object.entries(block));
  if (purpose === 'UseTheImageKey') return keys.every(([key]) => key === 'kms:ViaService');
  return keys.every(
    ([key, values]) => key === 'kms:GranteePrincipal' && values.includes(arns.role(accountId, roles.autoScaling)),
  );
}
