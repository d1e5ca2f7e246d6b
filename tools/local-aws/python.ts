import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const requirement = 'moto[server]>=5.1,<6';
const virtualEnvironment = path.resolve('.build', 'local-aws', 'venv');

const hasServer = (python: string): boolean =>
  spawnSync(python, ['-c', 'import moto.server, flask'], { stdio: 'ignore' }).status === 0;

function run(command: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`\`${command} ${args.join(' ')}\` failed: ${error?.message ?? stderr.trim()}`);
}

/**
 * A Python interpreter that can serve the local AWS: the machine's own where `moto[server]` is installed, else one of a
 * virtual environment that is made on first use.
 *
 * @throws Error that names the package to install, when it can't be had.
 */
export function pythonWithServer(log: (line: string) => void = () => undefined): string {
  const inEnvironment = path.join(virtualEnvironment, 'bin', 'python3');
  for (const python of ['python3', inEnvironment]) if (hasServer(python)) return python;
  log(`Installing ${requirement} into ${path.relative('.', virtualEnvironment)}`);
  try {
    if (!existsSync(inEnvironment)) run('python3', ['-m', 'venv', virtualEnvironment]);
    run(inEnvironment, ['-m', 'pip', 'install', '--quiet', requirement]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The local AWS needs Python 3 with ${requirement}; install it by hand: pip install '${requirement}'\n${reason}`,
    );
  }
  return inEnvironment;
}
