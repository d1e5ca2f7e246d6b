import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What takes the place of cdktf; docs/decisions/0001-cdktf-and-leaving-it.md has the same versions. */
export const successors = { cdktn: '0.24.0', '@cdktn/provider-aws': '25.7.0' } as const;

interface Manifest {
  readonly version: string;
  readonly cdktf?: { readonly provider?: { readonly version?: string } };
  readonly cdktn?: { readonly provider?: { readonly version?: string } };
}

const manifestOf = (folder: string, name: string): Manifest =>
  JSON.parse(readFileSync(path.join(folder, 'node_modules', name, 'package.json'), 'utf8')) as Manifest;

export const versionOf = (folder: string, name: string): string => manifestOf(folder, name).version;

/** The version of the AWS provider that bindings are of. */
export function providerVersionOf(folder: string, name: string): string {
  const { cdktf, cdktn } = manifestOf(folder, name);
  const version = (cdktn ?? cdktf)?.provider?.version;
  if (version === undefined) throw new Error(`${name} in ${folder} does not name the version of its provider`);
  return version;
}

/** The environment without settings that npm gives to scripts: `npm run --silent` would hide why an installation fails. */
const withoutNpmSettings = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

/**
 * Installs the successors of cdktf into a folder of their own, with the project's own version of constructs.
 *
 * @throws Error with npm's own words when they cannot be had
 */
export function installSuccessors(folder: string): void {
  const dependencies = { ...successors, constructs: versionOf('.', 'constructs') };
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }, null, 2));
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
  const { status, stderr, error } = spawnSync('npm', args, {
    cwd: folder,
    env: withoutNpmSettings(),
    encoding: 'utf8',
  });
  if (status !== 0)
    throw new Error(`npm could not install ${Object.keys(successors).join(', ')}: ${error?.message ?? stderr}`);
}
