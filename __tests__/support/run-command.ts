import { Readable } from 'node:stream';
import type { Command } from '../../cli/common/command';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command of the program in this process, with an environment and a standard input of its own: starting the program
 * takes half a second each time. Each command has a test that starts it.
 */
export async function runCommand(
  { run }: Command,
  args: readonly string[],
  { env = process.env, input = '' }: { readonly env?: NodeJS.ProcessEnv; readonly input?: string } = {},
): Promise<CommandResult> {
  const own = { env: process.env, stdin: process.stdin };
  let [stdout, stderr] = ['', ''];
  const toStdout = (text: unknown): boolean => ((stdout += String(text)), true);
  const toStderr = (text: unknown): boolean => ((stderr += String(text)), true);
  const spies = [
    jest.spyOn(console, 'log').mockImplementation((text) => void toStdout(`${text}\n`)),
    jest.spyOn(console, 'error').mockImplementation((text) => void toStderr(`${text}\n`)),
    jest.spyOn(process.stdout, 'write').mockImplementation(toStdout),
    jest.spyOn(process.stderr, 'write').mockImplementation(toStderr),
  ];
  process.env = { ...env };
  const stdin = { value: Readable.from(input === '' ? [] : [input]), configurable: true };
  Object.defineProperty(process, 'stdin', stdin);
  try {
    const code = await run(args);
    return { code, stdout, stderr };
  } finally {
    process.env = own.env;
    Object.defineProperty(process, 'stdin', { ...stdin, value: own.stdin });
    for (const spy of spies) spy.mockRestore();
  }
}
