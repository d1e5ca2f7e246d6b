import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'scripts-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** All shell scripts of the folders that hold them; those of `lib` are sourced. */
export const shellScripts = ['scripts', 'scripts/lib', 'scripts/boot', 'packer/build'].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.sh'))
    .map((name) => path.join(folder, name)),
);

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Programs that stand before all others on the PATH. */
  readonly standIns?: string;
}

/** Runs a program until it ends; failing is a result. */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { standIns } = options;
  const inheritedPath = options.env?.['PATH'] ?? process.env['PATH'] ?? '';
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: {
      ...process.env,
      CHECKPOINT_DISABLE: '1',
      ...options.env,
      PATH: standIns === undefined ? inheritedPath : `${standIns}:${inheritedPath}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Runs a piece of bash as a script of the repository would: stopping at the first failure. */
export const bash = (script: string, options: RunOptions = {}): Promise<Ended> =>
  run('bash', ['-c', `set -euo pipefail\n${script}`], options);

/** Writes programs for a PATH: name and bash. */
export function writeStandIns(folder: string, programs: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, script] of Object.entries(programs)) {
    const file = path.join(folder, name);
    writeFileSync(file, `#!/usr/bin/env bash\n${script}\n`);
    chmodSync(file, 0o755);
  }
  return folder;
}

export interface Answer {
  readonly status?: number;
  readonly body?: string | Buffer;
}

export interface Server {
  readonly address: string;
  /** Paths that were asked for, in order. */
  readonly requests: string[];
  /** What is answered from now on. */
  answer: (request: IncomingMessage) => Answer;
}

/** An HTTP server on loopback for the tests of the file. */
export function localServer(): Server {
  const server: { address: string; requests: string[]; answer: Server['answer'] } = {
    address: '',
    requests: [],
    answer: () => ({ status: 404 }),
  };
  const listener = createServer((request, response) => {
    server.requests.push(request.url ?? '');
    const { status = 200, body = '' } = server.answer(request);
    response.writeHead(status).end(body);
  });
  beforeAll(async () => {
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    server.address = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    server.requests.length = 0;
  });
  afterAll(() => {
    listener.close();
    listener.closeAllConnections();
  });
  return server;
}
