import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Chroot } from '../../root/chroot';
import type { Ended } from '../../support';

/** Runs programs of the boot in an instance, each as if Python was started for it. */
export interface BootPrograms {
  /** @param name of a program of `scripts/boot` */
  run(name: string, args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Ended>;
  close(): Promise<void>;
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Starts the Python that they share (`boot-programs.py`), which is in the instance as `/stand-ins/boot-programs.py`. */
export function startBootPrograms(root: Chroot): BootPrograms {
  const server = spawn(
    'nsenter',
    [
      ...[`--target=${root.pid}`, '--mount', '--net', '--root', '--wd', '--'],
      ...['unshare', '--pid', '--fork', '--kill-child', '/usr/bin/python3', '/stand-ins/boot-programs.py'],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { PATH: path, HOME: '/root' } },
  );
  const waiting = new Map<number, { resolve: (ended: Ended) => void; reject: (error: Error) => void }>();
  let asked = 0;
  createInterface(server.stdout).on('line', (line) => {
    const { id, ...ended } = JSON.parse(line) as Ended & { readonly id: number };
    waiting.get(id)?.resolve(ended);
    waiting.delete(id);
  });
  server.once('close', (code) => {
    for (const { reject } of waiting.values())
      reject(new Error(`the Python of the instance ended with ${String(code)}`));
  });
  return {
    run: (name, args, environment) =>
      new Promise((resolve, reject) => {
        const id = (asked += 1);
        waiting.set(id, { resolve, reject });
        const program = `/usr/local/lib/boundless/${name}`;
        server.stdin.write(
          `${JSON.stringify({ id, program, arguments: args, environment: { PATH: path, HOME: '/root', ...environment } })}\n`,
        );
      }),
    async close() {
      server.stdin.end();
      if (server.exitCode === null) await once(server, 'close');
    },
  };
}
