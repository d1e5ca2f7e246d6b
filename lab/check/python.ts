import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { command } from '../../cli/common/command';
import { pytestReport } from './pytest-results';
import { pythonTools } from './python-tools';

const usage = `usage: npm run python -- [<path>...] [pytest options]

Lints all Python of the repository with ruff, and runs its tests with pytest: all, or those that are named.

exit codes: 0 passed, 1 not`;

/** The images' package of boto3 belongs to the distribution's own Python. */
const distribution = '/usr/bin/python3';

function run(args: readonly string[]): number {
  const { ruff, modules } = pythonTools();
  mkdirSync(path.dirname(pytestReport), { recursive: true });
  const passes = (program: string, ...given: readonly string[]): boolean => {
    const { status, error } = spawnSync(program, given, {
      stdio: 'inherit',
      // The inputs of images are what is in their folders: no compiled files beside them.
      env: { ...process.env, PYTHONPATH: modules, PYTHONDONTWRITEBYTECODE: '1' },
    });
    if (error !== undefined) console.error(`${program}: ${error.message}`);
    return status === 0;
  };
  const clean = passes(ruff, 'check', '--quiet', '--no-cache', '.');
  const passed = passes(distribution, '-m', 'pytest', '-q', `--junitxml=${pytestReport}`, ...args);
  return clean && passed ? 0 : 1;
}

export const pythonCommand = command({ summary: 'lint and test the Python', usage, parse: (args) => args, run });
