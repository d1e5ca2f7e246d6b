import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

/** How long a server may be silent, and a download take. */
const [stallMs, downloadMs] = [60_000, 3 * 3_600_000];

/**
 * Stores what an address sends.
 *
 * @returns its SHA-256
 * @throws Error that names the address
 */
export async function download(address: string, file: string): Promise<string> {
  const hash = createHash('sha256');
  const stall = new AbortController();
  const timer = setTimeout(() => {
    stall.abort(new Error(`no data for ${stallMs / 1000} s`));
  }, stallMs);
  try {
    const signal = AbortSignal.any([stall.signal, AbortSignal.timeout(downloadMs)]);
    const response = await fetch(address, { signal });
    if (!response.ok || response.body === null) throw new Error(`HTTP status ${response.status}`);
    const count = new Transform({
      transform(chunk: Buffer, _, done) {
        timer.refresh();
        hash.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body as ReadableStream), count, createWriteStream(file), { signal });
    return hash.digest('hex');
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : '';
    throw new Error(`${address} cannot be fetched: ${reason}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** SHA-256 of a file inside an archive, in whatever folder it is there. */
export async function hashInside(archive: string, name: string): Promise<string> {
  const tar = spawn('tar', ['--extract', '--to-stdout', '--file', archive, '--wildcards', `*/${name}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  tar.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const hash = createHash('sha256');
  tar.stdout.on('data', (chunk: Buffer) => hash.update(chunk));
  const [code] = (await once(tar, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${name} cannot be read from the archive: ${complaint.trim()}`);
  return hash.digest('hex');
}
