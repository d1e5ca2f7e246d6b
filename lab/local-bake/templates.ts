import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from '@cdktf/hcl2json';
import { bodies, isObject, type Json, type JsonObject } from './json';

/** Packer's templates by their file names, in the JSON form of HCL. */
export type Templates = ReadonlyMap<string, JsonObject>;

/** The folder that Packer reads as one. */
export const templateFolder = path.resolve('packer');

/** Old Packers have no plugins, and refuse this file. */
export const pluginFile = 'plugins.pkr.hcl';

/** Packer's JSON form wants a type as it is; hcl2json prints it as an expression. */
const unwrap = (type: Json | undefined): Json | undefined =>
  typeof type === 'string' ? type.replace(/^\$\{(.*)\}$/s, '$1') : type;

function unwrapTypes(template: JsonObject): JsonObject {
  const { variable } = template;
  if (!isObject(variable)) return template;
  const unwrapped = Object.entries(variable).map(([name, block]) => [
    name,
    bodies(block).map((body) => {
      const type = unwrap(body['type']);
      return type === undefined ? body : { ...body, type };
    }),
  ]);
  return { ...template, variable: Object.fromEntries(unwrapped) as JsonObject };
}

/** Reads the templates of a folder, but for the plugins' file, which holds nothing to change. */
export async function readTemplates(folder = templateFolder): Promise<Templates> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.pkr.hcl') && name !== pluginFile).sort();
  const templates = new Map<string, JsonObject>();
  for (const name of names) {
    const parsed = (await parse(name, await readFile(path.join(folder, name), 'utf8'))) as JsonObject;
    templates.set(name, unwrapTypes(parsed));
  }
  return templates;
}

/** The bodies that describe how an instance is made: of sources, and of builds that use a source. */
export function sourceBodies(template: JsonObject): JsonObject[] {
  const ofSources = bodies(template['source']).flatMap((types) => Object.values(types).flatMap(bodies));
  const named = ofSources.flatMap((names) => Object.values(names).flatMap(bodies));
  const ofBuilds = bodies(template['build'])
    .flatMap((build) => bodies(build['source']))
    .flatMap((references) => Object.values(references).flatMap(bodies));
  return [...named, ...ofBuilds];
}

/** A copy of the templates in which each body of a source, and of a build, is what the change makes of it. */
export function mapTemplates(
  templates: Templates,
  change: { readonly source?: (body: JsonObject) => void; readonly build?: (body: JsonObject) => void },
): Templates {
  const copies = structuredClone(templates) as Map<string, JsonObject>;
  for (const template of copies.values()) {
    for (const body of sourceBodies(template)) change.source?.(body);
    for (const body of bodies(template['build'])) change.build?.(body);
  }
  return copies;
}

/** Writes each template as a .pkr.json of its own. */
export async function writeTemplates(
  templates: Templates,
  folder: string,
  { withPlugins }: { readonly withPlugins: boolean },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, template] of templates)
    await writeFile(path.join(folder, name.replace(/\.hcl$/, '.json')), JSON.stringify(template, null, 2));
  if (withPlugins) await copyFile(path.join(templateFolder, pluginFile), path.join(folder, pluginFile));
}
