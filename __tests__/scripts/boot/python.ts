import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

interface Outcome {
  /** What it printed, where it did not fail. */
  readonly value?: unknown;
  /** Its standard error when it failed; empty where it did not. */
  readonly error: string;
  /** All that it logged, for the journal. */
  readonly log: string;
}

/** What `python` needs: the packages that images have, in the distribution's own Python. */
export const pythonPackages = ['python3-boto3'] as const;

/** Runs Python beside the programs of the boot: `given` is what it was given, and what it prints is JSON. */
export function python(code: string, given: unknown): Outcome {
  const { status, stdout, stderr } = spawnSync(
    '/usr/bin/python3',
    ['-B', '-c', `import json, sys\ngiven = json.load(sys.stdin)\n${code}`],
    { input: JSON.stringify(given), encoding: 'utf8', env: { ...process.env, PYTHONPATH: 'scripts/boot' } },
  );
  return status === 0 ? { value: JSON.parse(stdout), error: '', log: stderr } : { error: stderr, log: stderr };
}

/** The result of a call: its value, its refusal, or any other error with its type. */
export interface Answer {
  readonly value?: unknown;
  readonly refused?: string;
  readonly failed?: string;
}

/**
 * Calls the function `answer(given)` that the code defines, once for each of what is given, in one Python. Servers of
 * this process can be asked meanwhile.
 *
 * @returns an answer for each, and all that was logged for the journal
 */
export async function answers(
  code: string,
  given: readonly unknown[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly answers: readonly Answer[]; readonly log: string }> {
  const program = `import json, sys
from bento_boot.refusal import Refusal
${code}
def answer_safely(given):
    try:
        return {"value": answer(given)}
    except Refusal as error:
        return {"refused": str(error)}
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}
print(json.dumps([answer_safely(given) for given in json.load(sys.stdin)]))`;
  const child = spawn('/usr/bin/python3', ['-B', '-c', program], {
    env: { ...process.env, PYTHONPATH: 'scripts/boot', ...env },
  });
  let [stdout, log] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  child.stdin.end(JSON.stringify(given));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(log);
  return { answers: JSON.parse(stdout) as Answer[], log };
}
