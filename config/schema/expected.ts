import type { z } from 'zod';

/** The parts of zod's schemas that lead from a schema to those of its values. */
interface Definition {
  readonly type: string;
  readonly innerType?: Schema;
  readonly element?: Schema;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly options?: readonly Schema[];
  readonly discriminator?: string;
  readonly values?: readonly unknown[];
}
type Schema = z.ZodType & { readonly def: Definition };

/** Past `readonly` and `nullable`. */
function bare(schema: Schema): Schema {
  const { type, innerType } = schema.def;
  return innerType !== undefined && ['readonly', 'nullable', 'optional'].includes(type) ? bare(innerType) : schema;
}

const accepts = (schema: Schema, value: unknown): boolean => schema.safeParse(value).success;

/** The keys that an object may have; undefined where it is no object. */
export const keysOf = (schema: z.ZodType): readonly string[] | undefined => {
  const { shape, options } = bare(schema).def;
  if (shape !== undefined) return Object.keys(shape);
  return options === undefined ? undefined : [...new Set(options.flatMap((option) => keysOf(option) ?? []))];
};

/** The schema of a value by its path; undefined where there is none. */
export function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const { shape, element, options } = bare(schema).def;
  const inner = shape?.[String(key)] ?? element ?? options?.map((option) => schemaAt(option, [key])).find(Boolean);
  return inner === undefined ? undefined : schemaAt(inner, rest);
}

/** The fix that the schema itself gives for a value of the right type that it refuses. */
function ownFix(schema: Schema, wrong: unknown): string | undefined {
  const message = schema.safeParse(wrong).error?.issues[0]?.message;
  return message?.split('; ').slice(1).join('; ');
}

/** What a value should be, as a fix: for a value that is missing or of another type. */
export function expected(schema: z.ZodType): string {
  const inner = bare(schema);
  const orNull = accepts(schema, null) ? ', or null' : '';
  const { type, element, shape, options, discriminator } = inner.def;
  if (options !== undefined && discriminator !== undefined) {
    const kinds = options.flatMap((option) => [...(bare(option).def.shape?.[discriminator]?.def.values ?? [])]);
    return `give an object with ${discriminator} ${kinds.map((kind) => JSON.stringify(kind)).join(' or ')}${orNull}`;
  }
  if (shape !== undefined) return `give an object with ${Object.keys(shape).join(', ')}${orNull}`;
  if (element !== undefined) return `give a list, [ ... ]; of each entry: ${expected(element)}`;
  if (type === 'boolean') return `give true or false${orNull}`;
  const fix = ownFix(inner, type === 'number' ? -1 : '');
  if (fix !== undefined && fix !== '') return fix.includes('null') ? fix : `${fix}${orNull}`;
  return `give a ${type === 'number' ? 'number' : 'text in quotes'}${orNull}`;
}
