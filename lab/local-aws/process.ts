import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { pythonWithServer } from './python';

/** A server that runs, and how to end it. Whatever ends this process ends the server. */
export interface ServerProcess {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/**
 * Names the socket of the fork server that the tests of one run share: a server of its own costs each two seconds of
 * processor time. The first test that needs it starts it, and the next one where that has ended.
 */
export const forkServerVariable = 'BOUNDLESS_LOCAL_AWS_SOCKET';

const startLimitMs = 60_000;

/** Starts a server, and waits until it listens. */
export function startServer(log?: (line: string) => void): Promise<ServerProcess> {
  const socket = process.env[forkServerVariable];
  return socket === undefined ? ownServer(log) : forkedServer(socket);
}

type Program = ChildProcessByStdio<Writable, Readable, Readable>;

function python(args: readonly string[], log?: (line: string) => void): { program: Program; output: () => string } {
  const folder = path.resolve('lab', 'local-aws');
  const program = spawn(pythonWithServer(log), [path.join(folder, 'start.py'), ...args], {
    env: { ...process.env, MOTO_AMIS_PATH: path.join(folder, 'images.json'), PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let tail = '';
  program.stderr.setEncoding('utf8').on('data', (text: string) => (tail = (tail + text).slice(-4000)));
  return { program, output: () => tail };
}

async function ownServer(log?: (line: string) => void): Promise<ServerProcess> {
  const { program, output } = python([], log);
  const ended = once(program, 'exit');
  const port = await portFrom(program.stdout, output);
  return {
    port,
    async stop() {
      program.kill('SIGKILL');
      await ended;
    },
  };
}

async function forkedServer(socketPath: string): Promise<ServerProcess> {
  const socket = await connectedTo(socketPath);
  const ended = once(socket, 'close');
  return {
    port: await portFrom(socket, () => ''),
    async stop() {
      socket.end();
      await ended;
    },
  };
}

/** The first line that a server writes is its port. */
async function portFrom(lines: Readable, output: () => string): Promise<number> {
  const signal = AbortSignal.timeout(startLimitMs);
  const ended = once(lines, 'end', { signal }).then(() => {
    throw new Error(`The local AWS ended before it served:\n${output()}`);
  });
  const [port] = (await Promise.race([once(lines, 'data', { signal }), ended])) as [Buffer];
  ended.catch(() => undefined);
  return Number(port.toString());
}

/** A connection, where something listens. */
async function connection(socketPath: string): Promise<Socket | undefined> {
  const socket = connect(socketPath);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return undefined;
  }
}

async function connectedTo(socketPath: string): Promise<Socket> {
  const listening = await connection(socketPath);
  if (listening !== undefined) return listening;
  const { program, output } = python(['--fork-server', socketPath]);
  // It must not keep the tests from ending, which is what ends it.
  for (const handle of [program, program.stdin, program.stdout, program.stderr] as { unref(): void }[]) {
    handle.unref();
  }
  for (const deadline = Date.now() + startLimitMs; Date.now() < deadline;) {
    await sleep(50);
    const started = await connection(socketPath);
    if (started !== undefined) return started;
    if (program.exitCode !== null)
      throw new Error(`The local AWS ended with exit code ${program.exitCode}:\n${output()}`);
  }
  throw new Error(`The local AWS did not start in ${startLimitMs / 1000} s:\n${output()}`);
}
