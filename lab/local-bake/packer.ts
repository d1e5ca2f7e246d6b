import { spawn } from 'node:child_process';
import { appendFile } from 'node:fs/promises';

export interface PackerOptions {
  readonly directory: string;
  /** Credentials and settings of AWS; the caller's own never reach Packer. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where all of its output goes, command after command. */
  readonly logFile: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** How much of its output an error of Packer carries. */
const tailLength = 4000;

/**
 * An environment without what could lead Packer to a real account (`AWS_*`) or give its variables other values
 * (`PKR_VAR_*`). Where plugins and settings are (`PACKER_PLUGIN_PATH`, `PACKER_CONFIG_DIR`) stays: Packer finds its
 * plugin by it (Packer documentation, "Configuring Packer").
 */
export const inherited = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(AWS|PKR_VAR)_/.test(name)));

/**
 * Runs Packer until it ends.
 *
 * @throws Error with the end of its output, when it fails or is stopped
 */
export async function packer(
  args: readonly string[],
  { directory, environment, logFile, signal, timeoutMs = 120_000 }: PackerOptions,
): Promise<string> {
  signal?.throwIfAborted();
  const child = spawn('packer', args, {
    cwd: directory,
    env: { ...inherited(process.env), ...environment, CHECKPOINT_DISABLE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Packer removes what it made when it is interrupted.
  const stop = () => child.kill('SIGINT');
  const timer = setTimeout(stop, timeoutMs);
  signal?.addEventListener('abort', stop, { once: true });

  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    signal?.throwIfAborted();
    if (code !== 0)
      throw new Error(`packer ${args[0] ?? ''} ended with ${code ?? 'a signal'}:\n${output.slice(-tailLength)}`);
    return output;
  } finally {
    await appendFile(logFile, output);
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
