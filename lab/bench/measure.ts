import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Median of the runs; memory is the largest of all of them. */
export interface Measurement {
  readonly seconds: number;
  /** Peak resident memory of the Node.js process itself, in MB. */
  readonly megabytes: number;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/**
 * Runs a Node.js command several times, after one run that warms the file cache.
 *
 * @throws Error when the command fails
 */
export function measure(
  runs: number,
  command: readonly [string, ...string[]],
  environment: Record<string, string> = {},
): Measurement {
  const work = mkdtempSync(path.join(tmpdir(), 'bench-'));
  try {
    const peak = path.join(work, 'peak');
    const hook = path.join(work, 'hook.cjs');
    writeFileSync(
      hook,
      `process.on('exit', () => require('node:fs').appendFileSync(${JSON.stringify(peak)}, process.resourceUsage().maxRSS + '\\n'));`,
    );
    const seconds = Array.from({ length: runs + 1 }, () => {
      const [file, ...args] = command;
      const started = performance.now();
      const { status, stderr } = spawnSync(file, args, {
        encoding: 'utf8',
        env: { ...process.env, ...environment, CHECKPOINT_DISABLE: '1', NODE_OPTIONS: `--require ${hook}` },
      });
      if (status !== 0) throw new Error(`${command.join(' ')} ended with ${String(status)}:\n${stderr}`);
      return (performance.now() - started) / 1000;
    });
    const peaks = readFileSync(peak, 'utf8').trim().split('\n').map(Number);
    return { seconds: median(seconds.slice(1)), megabytes: Math.max(...peaks) / 1024 };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
