import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { z } from 'zod';

const argument = z.record(z.string(), z.unknown());
const stackSchema = z.looseObject({ resource: z.record(z.string(), z.record(z.string(), argument)) });
const manifestSchema = z.object({
  stacks: z.record(z.string(), z.object({ name: z.string(), synthesizedStackPath: z.string() })),
});

/** A stack as synthesis wrote it: what Terraform would apply, and the rehearsal takes its settings from. */
export class WrittenStack {
  private constructor(
    readonly name: string,
    private readonly directory: string,
    private readonly resources: z.infer<typeof stackSchema>['resource'],
  ) {}

  static async read(outdir: string, name: string, stackPath: string): Promise<WrittenStack> {
    const file = path.join(outdir, stackPath);
    const { resource } = stackSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    return new WrittenStack(name, path.dirname(file), resource);
  }

  /** Arguments of the one resource of a type whose address starts with `id`. */
  resource(type: string, id: string): Readonly<Record<string, unknown>> {
    const found = Object.entries(this.resources[type] ?? {}).filter(([address]) => address.startsWith(`${id}_`));
    const [only] = found;
    if (only === undefined || found.length > 1)
      throw new Error(`${this.name} has ${found.length} ${type}.${id}*, not one`);
    return only[1];
  }

  /** A text argument of that resource. */
  text(type: string, id: string, argument: string): string {
    const value = this.resource(type, id)[argument];
    if (typeof value !== 'string') throw new Error(`${this.name}: ${type}.${id}: ${argument} is no text`);
    return value;
  }

  /** Absolute path of a file that the stack brings along. */
  file(relative: string): string {
    return path.resolve(this.directory, relative);
  }
}

/** Runs the app as the CDKTF command line does, into a folder of its own, and reads what it wrote. */
export async function synthesize(outdir: string): Promise<ReadonlyMap<string, WrittenStack>> {
  await promisify(execFile)(process.execPath, [path.join('cli', 'run.mjs'), 'main.ts'], {
    env: { ...process.env, CDKTF_OUTDIR: outdir },
  });
  const { stacks } = manifestSchema.parse(JSON.parse(await readFile(path.join(outdir, 'manifest.json'), 'utf8')));
  const read = Object.values(stacks).map(async ({ name, synthesizedStackPath }) => {
    return [name, await WrittenStack.read(outdir, name, synthesizedStackPath)] as const;
  });
  return new Map(await Promise.all(read));
}

/**
 * Puts real values where the stack refers to resources, as `terraform apply` would.
 *
 * @throws Error for a reference that has no value: a setting must not reach the Lambda as `${...}`
 */
export function resolveReferences(text: string, values: ReadonlyMap<RegExp, string>): string {
  return text.replace(/\$\{([^}]+)\}/g, (reference, expression: string) => {
    for (const [pattern, value] of values) if (pattern.test(expression)) return value;
    throw new Error(`The rehearsal has no value for ${reference}`);
  });
}
