import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

/** The interpreter of a virtual environment. */
export const interpreterOf = (folder: string): string => path.resolve(folder, 'bin', 'python3');

/**
 * Makes a virtual environment whole or not at all: it is built beside its place and renamed when it works. What another
 * run left half done is removed, and of two runs at once the first one's is kept.
 *
 * @param folder      its place; what is there and does not work is replaced
 * @param requirement what pip installs
 * @param works       whether an interpreter can do what the environment is for
 * @throws Error with all that the command printed which failed, or that the finished environment does not work
 */
export function makeVirtualEnvironment(
  folder: string,
  requirement: string,
  works: (interpreter: string) => boolean,
): void {
  removeAbandoned(folder);
  const aside = `${folder}.${process.pid}`;
  mkdirSync(path.dirname(folder), { recursive: true });
  try {
    build(aside, requirement);
    if (!works(interpreterOf(aside))) throw new Error(`${requirement} is installed in ${aside}, and does not work.`);
    if (works(interpreterOf(folder))) return;
    rmSync(folder, { recursive: true, force: true });
    renameSync(aside, folder);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** With what Python brings, or with uv where that is missing: Debian has it in a package of its own. */
function build(folder: string, requirement: string): void {
  try {
    run('python3', ['-m', 'venv', folder]);
    run(interpreterOf(folder), ['-m', 'pip', 'install', '--quiet', requirement]);
  } catch (error) {
    if (!isThere('uv')) throw error;
    rmSync(folder, { recursive: true, force: true });
    run('uv', ['venv', '--quiet', folder]);
    run('uv', ['pip', 'install', '--quiet', '--python', interpreterOf(folder), requirement]);
  }
}

const isThere = (program: string): boolean => spawnSync(program, ['--version'], { env: process.env }).status === 0;

/** What runs left that were interrupted: folders whose process is gone. */
function removeAbandoned(folder: string): void {
  const [parent, name] = [path.dirname(folder), path.basename(folder)];
  if (!existsSync(parent)) return;
  for (const entry of readdirSync(parent)) {
    const pid = entry.startsWith(`${name}.`) ? Number(entry.slice(name.length + 1)) : Number.NaN;
    if (Number.isInteger(pid) && !isRunning(pid)) rmSync(path.join(parent, entry), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Python prints the reason on standard output where the package that makes virtual environments is missing. */
function run(command: string, args: readonly string[]): void {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, { env: process.env, encoding: 'utf8' });
  if (status === 0) return;
  const reason = error?.message ?? (`${stdout}${stderr}`.trim() || `it ended with ${signal ?? `exit code ${status}`}`);
  throw new Error(`\`${command} ${args.join(' ')}\` failed: ${reason}`);
}
