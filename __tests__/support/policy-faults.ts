import { authorizations, knowsKey, typesAt, type Authorization } from './authorization';
import { listOf, type PolicyStatement } from './policies';

const plural = (values: readonly string[]): string => values.join(', ');

/** Keys that a request must carry: `...IfExists` asks only where they are there. */
const demandedKeys = ({ Condition = {} }: PolicyStatement): readonly string[] =>
  Object.entries(Condition).flatMap(([operator, keys]) => (operator.endsWith('IfExists') ? [] : Object.keys(keys)));

/** Why a statement can never allow this action, or not where it seems to. */
function faultsOfAction(authorization: Authorization, statement: PolicyStatement): string[] {
  const { action, wildcardOnly } = authorization;
  const keys = demandedKeys(statement);
  const unknown = (type: Authorization['types'][number] | undefined) =>
    keys.filter((key) => !knowsKey(authorization, type, key));
  // Policies of roles name no resource: the role is meant.
  const resources = statement.Resource === undefined ? ['*'] : listOf(statement.Resource);
  if (resources.includes('*')) {
    const { types } = authorization;
    const anywhere = types.length === 0 ? [unknown(undefined)] : types.map(unknown);
    return anywhere.some((missing) => missing.length === 0)
      ? []
      : [`${action} knows no key ${plural([...new Set(anywhere.flat())])}`];
  }
  if (wildcardOnly) return [`${action} takes "Resource": "*" alone`];
  const types = [...new Set(resources.flatMap((resource) => typesAt(authorization, resource)))];
  if (types.length === 0) return [`${action} takes no resource like ${plural(resources)}`];
  return types.flatMap((type) => unknown(type).map((key) => `${action} on ${type.name} knows no key ${key}`));
}

const known = new Map<string, Promise<string[]>>();

/** What AWS would not understand of a statement as it is meant; none where it is sound. */
export function faultsOfStatement(statement: PolicyStatement): Promise<string[]> {
  const text = JSON.stringify(statement);
  const found = known.get(text) ?? lookAt(statement);
  known.set(text, found);
  return found;
}

async function lookAt(statement: PolicyStatement): Promise<string[]> {
  const faults: string[] = [];
  const used = new Set<string>(['*']);
  for (const pattern of listOf(statement.Action)) {
    const actions = await authorizations(pattern);
    if (actions.length === 0) faults.push(`there is no action ${pattern}`);
    for (const authorization of actions)
      for (const resource of listOf(statement.Resource))
        if (typesAt(authorization, resource).length > 0) used.add(resource);
    if (statement.Effect === 'Deny') continue;
    const each = actions.map((authorization) => faultsOfAction(authorization, statement));
    // A pattern stands for more than is meant; one of them has to work.
    if (each.every((found) => found.length > 0)) faults.push(...each.flat());
  }
  for (const resource of listOf(statement.Resource))
    if (!used.has(resource)) faults.push(`no action of ${statement.Sid} takes ${resource}`);
  return faults;
}

/**
 * Types on which calls of this project are authorized though the reference calls them optional, since it depends on
 * what a call names.
 */
const named: Readonly<Record<string, readonly string[]>> = {
  // Terraform gives each rule the default tags (`TagSpecifications`), and only then EC2 asks for the rule.
  'ec2:AuthorizeSecurityGroupEgress': ['security-group-rule'],
  'ec2:AuthorizeSecurityGroupIngress': ['security-group-rule'],
  // A gateway's address goes when the gateway's interface does, a table is named by the endpoint of S3, and interfaces
  // have subnets and groups.
  'ec2:CreateVpcEndpoint': ['route-table', 'security-group', 'subnet'],
  'ec2:DisassociateAddress': ['elastic-ip', 'network-interface'],
  'ec2:RunInstances': ['launch-template', 'snapshot', 'volume'],
  'ec2:CreateFleet': ['launch-template'],
  'ec2:CreateVolume': ['volume'],
};

/** Resources that calls of these actions are authorized on, and that no statement of a role allows. */
export async function missingTypes(statements: readonly PolicyStatement[]): Promise<string[]> {
  const allowing = statements.filter(({ Effect }) => Effect === 'Allow');
  const granted = new Map<string, { authorization: Authorization; types: Set<string> }>();
  for (const { Action, Resource } of allowing)
    for (const authorization of (await Promise.all(listOf(Action).map(authorizations))).flat()) {
      const grant = granted.get(authorization.action) ?? { authorization, types: new Set<string>() };
      for (const resource of listOf(Resource))
        for (const { name } of typesAt(authorization, resource)) grant.types.add(name);
      granted.set(authorization.action, grant);
    }
  return [...granted.values()].flatMap(({ authorization: { action, types: all }, types }) =>
    all
      .filter(({ name, required }) => (required || named[action]?.includes(name) === true) && !types.has(name))
      .map(({ name }) => `${action} is allowed on no ${name}`),
  );
}
