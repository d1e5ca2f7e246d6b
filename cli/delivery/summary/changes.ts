import { z } from 'zod';

/**
 * What `terraform show -json` has of a plan, as far as a summary needs it (Terraform, "JSON output format": plan
 * representation, format 1.x). Values of `*_sensitive` are true for what must not be shown, at any depth.
 */
const changeSchema = z.looseObject({
  actions: z.array(z.string()).min(1),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  after_unknown: z.unknown().optional(),
  before_sensitive: z.unknown().optional(),
  after_sensitive: z.unknown().optional(),
  replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).optional(),
  importing: z.looseObject({ id: z.string().optional() }).optional(),
});

const resourceSchema = z.looseObject({
  address: z.string(),
  previous_address: z.string().optional(),
  mode: z.enum(['managed', 'data']),
  type: z.string(),
  deposed: z.string().optional(),
  change: changeSchema,
  action_reason: z.string().optional(),
});

export const planSchema = z.looseObject({
  format_version: z.string().regex(/^1\./, 'is not a format that this summary knows; use Terraform 1.11'),
  resource_changes: z.array(resourceSchema).default([]),
  resource_drift: z.array(resourceSchema).default([]),
  output_changes: z.record(z.string(), changeSchema).default({}),
  variables: z.record(z.string(), z.looseObject({ value: z.unknown() })).default({}),
  configuration: z
    .looseObject({
      root_module: z
        .looseObject({
          variables: z.record(z.string(), z.looseObject({ sensitive: z.boolean().optional() })).optional(),
        })
        .optional(),
    })
    .optional(),
});

export type Plan = z.infer<typeof planSchema>;
export type Change = z.infer<typeof changeSchema>;

/** What happens to one thing. */
export type Kind = 'create' | 'update' | 'replace' | 'destroy' | 'forget' | 'none';

/** One resource of a plan, and what happens to it. */
export interface ResourceChange {
  readonly address: string;
  readonly type: string;
  readonly kind: Kind;
  /** The address that it had before. */
  readonly movedFrom: string | undefined;
  /** The id that it is imported by; empty where that is only known later. */
  readonly importedFrom: string | undefined;
  /** Why it is replaced or destroyed, in words. */
  readonly reasons: readonly string[];
  readonly change: Change;
}

/** Terraform's actions as one word; it writes a replacement as two, in the order in which they are done. */
export function kindOf({ actions }: Change): Kind {
  switch (actions.join()) {
    case 'no-op':
    case 'read':
      return 'none';
    case 'create':
      return 'create';
    case 'update':
      return 'update';
    case 'delete':
      return 'destroy';
    case 'forget':
      return 'forget';
    case 'delete,create':
    case 'create,delete':
    case 'create,forget':
      return 'replace';
    default:
      throw new Error(`Terraform plans the actions ${actions.join()}, which this summary does not know`);
  }
}

/** Terraform's reasons for what it does (Terraform, "JSON output format": action_reason). */
const reasons: Readonly<Record<string, string>> = {
  replace_because_tainted: 'it is tainted: its creation failed half-way',
  replace_by_request: 'its replacement was asked for',
  replace_by_triggers: 'what it is tied to is replaced',
  delete_because_no_resource_config: 'it is no longer in the configuration',
  delete_because_no_module: 'its module is no longer in the configuration',
  delete_because_wrong_repetition: 'it is no longer repeated in this way',
  delete_because_count_index: 'its count is smaller',
  delete_because_each_key: 'its key is no longer there',
  delete_because_no_move_target: 'it was moved to an address that does not exist',
};

const pathText = (parts: readonly (string | number)[]): string =>
  parts.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');

function reasonsOf({ change, action_reason: reason, deposed }: z.infer<typeof resourceSchema>): string[] {
  const forced = (change.replace_paths ?? []).map(pathText);
  return [
    ...(deposed === undefined ? [] : ['it was left over from a replacement that failed']),
    ...(forced.length > 0 ? [`${forced.join(', ')} cannot be changed in place`] : []),
    ...(reason === undefined || reason === 'replace_because_cannot_update' ? [] : [reasons[reason] ?? reason]),
  ];
}

/** Everything that the plan does to managed resources, moves and imports that change nothing else among it. */
export function changesOf({ resource_changes: resources }: Plan): readonly ResourceChange[] {
  return resources
    .filter(({ mode }) => mode === 'managed')
    .map((resource) => ({
      address: resource.deposed === undefined ? resource.address : `${resource.address} (deposed ${resource.deposed})`,
      type: resource.type,
      kind: kindOf(resource.change),
      movedFrom: resource.previous_address === resource.address ? undefined : resource.previous_address,
      importedFrom: resource.change.importing === undefined ? undefined : (resource.change.importing.id ?? ''),
      reasons: reasonsOf(resource),
      change: resource.change,
    }))
    .filter(
      ({ kind, movedFrom, importedFrom }) => kind !== 'none' || movedFrom !== undefined || importedFrom !== undefined,
    );
}
