import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { interpreterOf, makeVirtualEnvironment } from './virtual-environment';

const requirement = 'moto[server]>=5.1,<6';
const virtualEnvironment = path.join('.build', 'local-aws', 'venv');

/** Found, and not loaded, which takes half a second: Flask comes with the server alone. Another version is no server. */
const serverIsThere = `
import sys
from importlib import metadata
from importlib.util import find_spec
try:
    version = [int(part) for part in metadata.version("moto").split(".")[:2]]
except metadata.PackageNotFoundError:
    sys.exit(1)
sys.exit(not ([5, 1] <= version < [6] and find_spec("flask")))`;

const hasServer = (python: string): boolean =>
  spawnSync(python, ['-c', serverIsThere], { env: process.env, stdio: 'ignore' }).status === 0;

/** A Python that can serve the local AWS, where there is one: the system's own, or the one that was installed before. */
export const installedPython = (): string | undefined => ['python3', interpreterOf(virtualEnvironment)].find(hasServer);

/**
 * A Python interpreter that can serve the local AWS: the system's own where a fitting `moto[server]` is installed, else
 * one of a virtual environment that is made on first use, and again where it does not work any more.
 *
 * @throws Error with the reason and the package to install, when it can't be had.
 */
export function pythonWithServer(log: (line: string) => void = () => undefined): string {
  const found = installedPython();
  if (found !== undefined) return found;
  log(`Installing ${requirement} into ${virtualEnvironment}`);
  try {
    makeVirtualEnvironment(virtualEnvironment, requirement, hasServer);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n\n${fix}`);
  }
  return interpreterOf(virtualEnvironment);
}

const fix = `The local AWS needs Python 3 with ${requirement}, which is installed into ${virtualEnvironment}.
On Debian and Ubuntu that takes the package python3-venv (apt-get install python3-venv), or uv
(https://docs.astral.sh/uv), and a connection to PyPI. Then run this again.`;
