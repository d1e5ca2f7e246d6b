import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { run, type Ended, type RunOptions } from '../../scripts/support';

export interface Buildspec {
  readonly version: number;
  readonly env: {
    readonly shell: string;
    readonly variables?: Readonly<Record<string, string>>;
    readonly 'exported-variables': readonly string[];
  };
  readonly phases: Readonly<Record<string, { readonly 'on-failure': string; readonly commands: readonly string[] }>>;
  readonly cache?: { readonly paths: readonly string[] };
  readonly artifacts?: { readonly 'base-directory': string; readonly files: readonly string[] };
}

export const readBuildspec = (file: string): Buildspec => parse(readFileSync(file, 'utf8')) as Buildspec;

export const buildspec = readBuildspec('packer/buildspec.yml');

export interface EndedBuild extends Ended {
  /** What the build exports: variables that were set when it ended. */
  readonly exported: Readonly<Record<string, string>>;
  /** Files that CodeBuild would upload, by name, sorted. */
  readonly artifacts: readonly string[];
}

const commandsOf = ({ phases }: Buildspec): string[] => Object.values(phases).flatMap((phase) => phase.commands);

/** Runs Packer's buildspec. */
export const runBuild = (work: string, options: RunOptions): Promise<EndedBuild> =>
  runBuildspec(buildspec, work, options);

/**
 * Runs a buildspec as CodeBuild does: all commands in one shell (AWS CodeBuild User Guide, "Buildspec versions"),
 * until one fails; then, in any case, its exported variables are read and its artifacts gathered.
 */
export async function runBuildspec(spec: Buildspec, work: string, options: RunOptions): Promise<EndedBuild> {
  const environment = path.join(work, 'environment');
  const script = [
    `trap 'code=$?; env -0 > ${environment}; exit $code' EXIT`,
    ...commandsOf(spec).map((command) => `${command}\ncode=$?; [[ $code -eq 0 ]] || exit $code`),
  ];
  const ended = await run('bash', ['-c', script.join('\n')], {
    ...options,
    // A project's variables come before those of its buildspec.
    env: { ...spec.env.variables, ...options.env },
    cwd: work,
  });
  const set = new Map(
    readFileSync(environment, 'utf8')
      .split('\0')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const exported = spec.env['exported-variables'].flatMap((name) => {
    const value = set.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...ended, exported: Object.fromEntries(exported), artifacts: filesIn(path.join(work, folderOf(spec))) };
}

const folderOf = ({ artifacts }: Buildspec): string => artifacts?.['base-directory'] ?? 'no-artifacts';

export const folderOfArtifacts = folderOf(buildspec);

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A lock of one tool that the address serves, and what it serves. */
export function writeToolsLock(work: string, address: string, sha256 = sha256Of(tool)): string {
  const file = path.join(work, 'tools.lock');
  writeFileSync(file, `tool 1.0 ${sha256} ${address}/tool.deb\n`);
  return file;
}

export const tool = 'a package';
const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');
