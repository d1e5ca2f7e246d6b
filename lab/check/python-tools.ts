import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Ruff and pytest at the versions that the repository pins. */
export const requirements = 'lab/check/requirements.txt';

const folder = path.resolve('.build', 'check', 'python');
/** What is installed: the requirements as they were, written last. */
const installed = path.join(folder, 'installed.txt');

export interface PythonTools {
  readonly ruff: string;
  /** Where Python finds pytest. */
  readonly modules: string;
}

const tools: PythonTools = { ruff: path.join(folder, 'bin', 'ruff'), modules: folder };

/**
 * Ruff and pytest in a folder of their own, installed from PyPI where they are missing or of other versions. A folder
 * and not a virtual environment, so that the distribution's Python, which has boto3, can run pytest from it.
 *
 * @throws Error that names the command which installs them by hand
 */
export function pythonTools(log: (line: string) => void = console.log): PythonTools {
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return tools;
  log(`Installing the requirements of ${requirements} into ${path.relative('.', folder)}`);
  rmSync(folder, { recursive: true, force: true });
  const args = ['-m', 'pip', 'install', '--quiet', '--target', folder, '--requirement', requirements];
  const { status, error, stderr } = spawnSync('python3', args, { env: process.env, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(
      `ruff and pytest could not be installed: ${error?.message ?? stderr.trim()}\n` +
        `Python 3 with pip and PyPI are needed (on Debian and Ubuntu: apt-get install python3-pip). By hand: ` +
        `python3 ${args.join(' ')} && cp ${requirements} ${installed}`,
    );
  writeFileSync(installed, wanted);
  return tools;
}
