import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const requirement = 'moto[server]>=5.1,<6';
const virtualEnvironment = path.join('.build', 'local-aws', 'venv');

/** Found, and not loaded, which takes half a second: Flask comes with the server alone. */
const modulesAreThere =
  'import sys; from importlib.util import find_spec; sys.exit(not (find_spec("moto") and find_spec("flask")))';

const hasServer = (python: string): boolean =>
  spawnSync(python, ['-c', modulesAreThere], { env: process.env, stdio: 'ignore' }).status === 0;

function run(command: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(command, args, { env: process.env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`\`${command} ${args.join(' ')}\` failed: ${error?.message ?? stderr.trim()}`);
}

const inEnvironment = (): string => path.resolve(virtualEnvironment, 'bin', 'python3');

/** A Python that can serve the local AWS, where there is one: the system's own, or the one that was installed before. */
export const installedPython = (): string | undefined => ['python3', inEnvironment()].find(hasServer);

/**
 * A Python interpreter that can serve the local AWS: the system's own where `moto[server]` is installed, else one of a
 * virtual environment that is made on first use. Not for several processes at once, until it is made.
 *
 * @throws Error that names the package to install, when it can't be had.
 */
export function pythonWithServer(log: (line: string) => void = () => undefined): string {
  const found = installedPython();
  if (found !== undefined) return found;
  const python = inEnvironment();
  log(`Installing ${requirement} into ${virtualEnvironment}`);
  try {
    if (!existsSync(python)) run('python3', ['-m', 'venv', virtualEnvironment]);
    run(python, ['-m', 'pip', 'install', '--quiet', requirement]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The local AWS needs Python 3 with ${requirement}; install it by hand: pip install '${requirement}'\n${reason}`,
    );
  }
  return python;
}
