import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { unzipSync } from 'fflate';

/** How an invocation ended: with a result, or with the error that Lambda would retry and then send to the dead letters. */
export type Invocation = (
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: { readonly name: string; readonly message: string } }
) & {
  readonly log: string;
  /** Without loading the code. */
  readonly seconds: number;
  /** Peak resident memory of the process, in MB. */
  readonly megabytes: number;
};

/**
 * What an invocation returned.
 *
 * @throws Error of an invocation that failed
 */
export function resultOf(invocation: Invocation): unknown {
  if (!invocation.ok) throw new Error(`${invocation.error.name}: ${invocation.error.message}`);
  return invocation.result;
}

/** Loads the archive's handler as the runtime does, and prints what came of it on a channel of its own. */
const bootstrap = `
const { handler } = require(process.argv[1]);
process.on('message', ({ event, context, daysAhead }) => {
  const now = Date.now;
  Date.now = () => now() + daysAhead * 24 * 3600 * 1000;
  const started = performance.now();
  const figures = () => ({
    seconds: (performance.now() - started) / 1000,
    megabytes: process.resourceUsage().maxRSS / 1024,
  });
  Promise.resolve()
    .then(() => handler(event, { ...context, getRemainingTimeInMillis: () => 900_000 }))
    .then((result) => ({ ok: true, result }), ({ name, message }) => ({ ok: false, error: { name, message } }))
    .then((outcome) => process.send({ ...outcome, ...figures() }, () => process.exit(0)));
});
`;

export interface LambdaSettings {
  readonly functionName: string;
  readonly handler: string;
  readonly memorySize: number;
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Days that the function takes to have gone by.
   * @default 0
   */
  readonly daysAhead?: number;
}

/** Unpacks a built archive: what Lambda would get, and nothing else. */
export async function unpack(archive: string, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  for (const [name, content] of Object.entries(unzipSync(readFileSync(archive))))
    await writeFile(path.join(directory, name), content);
  return directory;
}

/** Runs one invocation in a process with the function's own environment: nothing of the caller's settings leaks in. */
export async function invoke(
  directory: string,
  { functionName, handler, memorySize, environment, daysAhead = 0 }: LambdaSettings,
  event: unknown,
  signal?: AbortSignal,
): Promise<Invocation> {
  const [file = ''] = handler.split('.');
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${memorySize}`, '-e', bootstrap, path.join(directory, `${file}.js`)],
    {
      cwd: directory,
      env: {
        PATH: process.env['PATH'],
        AWS_LAMBDA_FUNCTION_NAME: functionName,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize),
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      ...(signal !== undefined && { signal }),
    },
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (log += text));
  return new Promise((resolve, reject) => {
    let outcome: Omit<Invocation, 'log'> | undefined;
    child.on('message', (message) => (outcome = message as Omit<Invocation, 'log'>));
    child.on('error', reject);
    child.on('close', (code) => {
      if (outcome === undefined)
        reject(new Error(`${functionName} ended with exit code ${String(code)} and no result:\n${log.slice(-2000)}`));
      else resolve({ ...outcome, log } as Invocation);
    });
    const context = {
      functionName,
      functionVersion: '$LATEST',
      memoryLimitInMB: String(memorySize),
      awsRequestId: 'rehearsal',
    };
    child.send({ event, context, daysAhead });
  });
}
