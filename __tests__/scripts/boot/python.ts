import { spawnSync } from 'node:child_process';
import { pythonWithServer } from '../../../tools/local-aws/python';

interface Outcome {
  /** What it printed, where it did not fail. */
  readonly value?: unknown;
  /** What it said when it failed; empty where it did not. */
  readonly error: string;
  /** All that it said, for the journal. */
  readonly log: string;
}

/** Runs Python beside the programs of the boot: `given` is what it was given, and what it prints is JSON. */
export function python(code: string, given: unknown): Outcome {
  const { status, stdout, stderr } = spawnSync(
    pythonWithServer(),
    ['-B', '-c', `import json, sys\ngiven = json.load(sys.stdin)\n${code}`],
    { input: JSON.stringify(given), encoding: 'utf8', env: { ...process.env, PYTHONPATH: 'scripts/boot' } },
  );
  return status === 0 ? { value: JSON.parse(stdout), error: '', log: stderr } : { error: stderr, log: stderr };
}
