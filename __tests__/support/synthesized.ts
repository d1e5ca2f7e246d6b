import { cpSync, mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { factory, validated, type FactoryConfig } from '../../config';
import { synthesizedOnce, testFolder } from './synthesized-once';

/** Arguments of one resource, as Terraform reads them. */
export type Arguments = Readonly<Record<string, unknown>>;
type Blocks = Readonly<Record<string, Readonly<Record<string, Arguments>>>>;

/** One stack's `cdk.tf.json`. */
export interface SynthesizedStack {
  readonly name: string;
  /** The folder of the file, for Terraform and for assets. */
  readonly directory: string;
  readonly terraform: { readonly backend: { readonly s3: Arguments }; readonly required_version: string };
  readonly provider: { readonly aws: readonly Arguments[] };
  readonly resource: Blocks;
  readonly data?: Blocks;
  readonly ephemeral?: Blocks;
  readonly variable?: Readonly<Record<string, Arguments>>;
  readonly output?: Readonly<Record<string, Arguments>>;
}

/**
 * The whole app as `app.synth()` writes it, read back from the files: the only form that includes what synthesis adds. The
 * folders belong to the caller, who may run Terraform in them.
 */
export function synthesize(options: { factory?: FactoryConfig } = {}): ReadonlyMap<string, SynthesizedStack> {
  const outdir = mkdtempSync(path.join(testFolder(), 'synth-'));
  cpSync(synthesizedOnce(validated(options.factory ?? factory)), outdir, { recursive: true });
  const { stacks } = JSON.parse(readFileSync(path.join(outdir, 'manifest.json'), 'utf8')) as {
    stacks: Record<string, { name: string; synthesizedStackPath: string }>;
  };
  return new Map(
    Object.values(stacks).map(({ name, synthesizedStackPath }) => {
      const file = path.join(outdir, synthesizedStackPath);
      const content = JSON.parse(readFileSync(file, 'utf8')) as SynthesizedStack;
      return [name, { ...content, name, directory: path.dirname(file) }];
    }),
  );
}

/** A stack that must be there. */
export function stackOf(stacks: ReadonlyMap<string, SynthesizedStack>, name: string): SynthesizedStack {
  const stack = stacks.get(name);
  if (stack === undefined) throw new Error(`no stack ${name}; there are ${[...stacks.keys()].join(', ')}`);
  return stack;
}

/** The resources of a type, by their construct path. */
export const resourcesOf = (stack: SynthesizedStack, type: string): Arguments[] =>
  Object.values(stack.resource[type] ?? {});

/** Every resource of a stack with its type. */
export const allResources = (stack: SynthesizedStack): { type: string; id: string; args: Arguments }[] =>
  Object.entries(stack.resource).flatMap(([type, byId]) =>
    Object.entries(byId).map(([id, args]) => ({ type, id, args })),
  );

/** The one resource of a type with this value of an argument. */
export function resourceWith(stack: SynthesizedStack, type: string, argument: string, value: unknown): Arguments {
  const found = resourcesOf(stack, type).filter((args) => args[argument] === value);
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new Error(`${stack.name} has ${found.length} ${type} with ${argument} = ${String(value)}, not one`);
  return only;
}
