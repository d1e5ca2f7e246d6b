import path from 'node:path';
import type { ImageKind } from '../../config/names';
import { forLocalAws, forPacker } from './adapt';
import { readManifest, type Manifest } from './manifest';
import { packer, type PackerOptions } from './packer';
import { readTemplates, writeTemplates, type Templates } from './templates';
import { hasPlugins, packerVersion } from './version';

export { packerVersion, type Manifest, type Templates };

export interface BakeOptions {
  readonly image: ImageKind;
  /** Where the local AWS listens. */
  readonly endpoint: string;
  /** Environment of a program that acts in the account: `LocalAws.environment()`. */
  readonly environment: Readonly<Record<string, string>>;
  /** A folder of this bake's own, for templates, manifest.json and packer.log. */
  readonly workDirectory: string;
  /**
   * Values of the templates' variables.
   *
   * @default - on demand (`spot=false`): the local server's fleets ignore the disks of their launch template, so that a
   * spot instance's image would not be encrypted
   */
  readonly variables?: Readonly<Record<string, string>>;
  /** Called with what this bake does otherwise than a real one. */
  readonly log?: (line: string) => void;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface Bake {
  readonly imageId: string;
  readonly manifest: Manifest;
  readonly seconds: number;
}

/** The templates as the local bake gives them to this Packer, and the names of what it had to leave out. */
export async function templatesForLocalBake(
  endpoint: string,
  version: string,
): Promise<{ readonly templates: Templates; readonly leftOut: readonly string[] }> {
  const { templates, leftOut } = forPacker(await readTemplates(), version);
  return { templates: forLocalAws(templates, endpoint), leftOut };
}

/**
 * Bakes an image with the real Packer and the real templates on a local AWS.
 *
 * @throws Error with the end of Packer's output
 */
export async function bake(options: BakeOptions): Promise<Bake> {
  const { image, endpoint, environment, workDirectory, log, variables } = options;
  const started = performance.now();
  const version = await packerVersion();
  const { templates, leftOut } = await templatesForLocalBake(endpoint, version);
  if (leftOut.length > 0) log?.(`Packer ${version} does not know ${leftOut.join(', ')}: left out`);

  const directory = path.resolve(workDirectory, 'packer');
  const manifestPath = path.resolve(workDirectory, 'manifest.json');
  await writeTemplates(templates, directory, { withPlugins: hasPlugins(version) });
  const run: PackerOptions = {
    directory,
    environment,
    logFile: path.resolve(workDirectory, 'packer.log'),
    signal: options.signal,
    timeoutMs: options.timeoutMs,
  };
  if (hasPlugins(version)) await packer(['init', '.'], run);
  const values = { spot: 'false', manifest_path: manifestPath, ...variables };
  const settings = Object.entries(values).flatMap(([name, value]) => ['-var', `${name}=${value}`]);
  await packer(['build', '-color=false', `-only=${image}.*`, ...settings, '.'], run);
  return { ...(await readManifest(manifestPath)), seconds: (performance.now() - started) / 1000 };
}
