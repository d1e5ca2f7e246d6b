import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Ended } from '../support';

/**
 * Mounts an overlay of this instance's files in a mount namespace of its own, and stays in it until its input ends, that
 * is, until the process that started it is gone. The folders below look empty: scripts see an instance without their content.
 */
const holder = String.raw`
set -euo pipefail
place=$1 size=$2
shift 2
# A network of its own has nothing but a loopback, and on it the address of the metadata service.
if [[ $(readlink /proc/self/ns/net) != "$(readlink "/proc/$PPID/ns/net")" ]]; then
  ip link set lo up
  ip address add 169.254.169.254/32 dev lo
fi
mount -t tmpfs -o "size=$size" none "$place"
mkdir "$place/upper" "$place/work" "$place/merged"
for folder in "$@"; do
  mkdir -p "$place/upper$(dirname "$folder")"
  mknod "$place/upper$folder" c 0 0
done
mount -t overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" none "$place/merged"
cd "$place/merged"
mkdir -p proc upper
for folder in "$@"; do mkdir -p ".$folder"; done
chmod 1777 tmp var/tmp
mount -t proc none proc
mount --rbind /dev dev
mount --bind "$place/upper" upper
exec chroot . bash --norc -c 'echo ready; read -r _'
`;

const hidden = [
  '/etc/apt',
  '/etc/bento',
  '/etc/needrestart',
  '/etc/postgresql',
  '/etc/postgresql-common',
  '/etc/ssh',
  '/etc/systemd/system',
  '/etc/systemd/journald.conf.d',
  '/home',
  '/opt',
  '/root',
  '/sys',
  '/tmp',
  '/usr/lib/postgresql',
  '/usr/local',
  '/usr/share/keyrings',
  '/var/cache',
  '/var/lib/apt',
  '/var/lib/bento',
  '/var/lib/cloud',
  '/var/lib/dpkg',
  '/var/lib/postgresql',
  '/var/log',
  '/var/tmp',
];

/** Why this instance can't have a chroot; undefined where it can. */
export function refusal(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs Linux and root';
  const trial = spawnSync('unshare', [
    ...['--mount', '--propagation', 'private', 'bash', '-c'],
    'd=$(mktemp -d) && mount -t tmpfs none $d && mkdir $d/u $d/w $d/m &&' +
      ' mount -t overlay -o lowerdir=/,upperdir=$d/u,workdir=$d/w none $d/m && rmdir $d/m/proc/none 2>/dev/null;' +
      ' mountpoint -q $d/m; code=$?; umount -R $d; rmdir $d; exit $code',
  ]);
  return trial.status === 0 ? undefined : 'mount namespaces or overlays are refused here';
}

export interface RootRun extends Promise<Ended> {
  /** Ends the script and all that it started, at once. */
  kill(): void;
}

export interface Chroot {
  /** The process whose namespaces the root has. */
  readonly pid: number;
  /** Where a file of the root is for this process. */
  path(file: string): string;
  read(file: string): string;
  write(files: Readonly<Record<string, string | Buffer>>, mode?: number): void;
  /** Runs a command in the root; nothing of this instance's environment reaches it. */
  run(command: readonly string[], env?: Readonly<Record<string, string>>): RootRun;
  /** Every file that differs from this instance's: type, mode, owner, size or target, and hash. */
  tree(): Promise<ReadonlyMap<string, string>>;
  close(): Promise<void>;
}

export interface RootOptions {
  /** What `df` finds in the root; memory is taken only as it is used. */
  readonly sizeMib?: number;
  /** Folders that are hidden otherwise. */
  readonly shown?: readonly string[];
  /** A network of its own, where every port is free. */
  readonly ownNetwork?: boolean;
}

export async function chroot(
  place: string,
  { sizeMib = 64 * 1024, shown = [], ownNetwork = false }: RootOptions = {},
): Promise<Chroot> {
  mkdirSync(place, { recursive: true });
  const folders = hidden.filter((folder) => !shown.includes(folder));
  const namespaces = ['--mount', '--propagation', 'private', ...(ownNetwork ? ['--net'] : [])];
  const child = spawn(
    'unshare',
    [...namespaces, 'bash', '--norc', '-c', holder, 'holder', place, `${sizeMib}m`, ...folders],
    { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] } },
  );
  await ready(child);
  const inside = (file: string) => `/proc/${child.pid}/root${file}`;

  const running = new Set<ChildProcess>();
  const run = (command: readonly string[], env: Readonly<Record<string, string>> = {}): RootRun => {
    const started = spawn(
      'setpriv',
      [...endWithUs, `--target=${child.pid}`, '--mount', '--net', '--root', '--wd', '--', ...together, ...command],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: '/stand-ins:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', ...env },
      },
    );
    running.add(started);
    started.once('close', () => running.delete(started));
    return Object.assign(ended(started), { kill: () => started.kill('SIGKILL') });
  };

  return {
    pid: child.pid!,
    run,
    path: inside,
    read: (file) => readFileSync(inside(file), 'utf8'),
    write(files, mode = 0o644) {
      for (const [file, content] of Object.entries(files)) {
        mkdirSync(path.dirname(inside(file)), { recursive: true });
        writeFileSync(inside(file), content);
        chmodSync(inside(file), mode);
      }
    },
    async tree() {
      const { code, stdout, stderr } = await run(['bash', '-c', listing]);
      if (code !== 0) throw new Error(stderr);
      const [entries = '', hashes = ''] = stdout.split('--\n');
      const hashOf = new Map(lines(hashes).map((line) => [line.slice(66), line.slice(0, 64)]));
      return new Map(
        lines(entries)
          .map((line) => line.split('\t') as [string, string])
          .map(([file, facts]) => [`/${file}`, `${facts} ${hashOf.get(file) ?? ''}`]),
      );
    },
    async close() {
      // A test that failed may have left some.
      await Promise.all([...running].map(async (started) => started.kill('SIGKILL') && once(started, 'close')));
      if (child.exitCode === null) {
        child.stdin.end();
        await once(child, 'close');
      }
      if (existsSync(place)) rmSync(place, { recursive: true });
    },
  };
}

/** A command ends with this process, however that ends: with SIGKILL too. */
const endWithUs = ['--pdeathsig', 'KILL', 'nsenter'];

/** What a command starts ends with it, even what made a session of its own, as dpkg does. */
const together = ['unshare', '--pid', '--fork', '--kill-child', 'bash', '--norc', '-c', '"$@"; exit $?', 'bash'];

/** Without the folders whose content does not show what a script did. */
const listing = String.raw`cd /upper
ignored=(-path ./proc -o -path ./run -o -path ./tmp -o -path ./var/cache -o -path ./var/log -o -path ./var/lib/apt -o -path ./var/lib/dpkg)
find . -mindepth 1 \( "${'$'}{ignored[@]}" \) -prune \
  -o ! -type d -printf '%P\t%y %m %u:%g %l\n' -o -type d -printf '%P\t%y %m %u:%g\n' | LC_ALL=C sort
echo --
find . -mindepth 1 \( "${'$'}{ignored[@]}" \) -prune -o -type f -printf '%P\0' | xargs -0 sha256sum`;

const lines = (text: string) => text.split('\n').filter((line) => line !== '');

async function ready(child: ChildProcess): Promise<void> {
  let complaint = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const [first] = (await Promise.race([once(child.stdout!, 'data'), once(child, 'close')])) as [unknown];
  if (String(first).trim() !== 'ready') throw new Error(`there is no chroot: ${complaint}`);
}

async function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
