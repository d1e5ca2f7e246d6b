import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Ended } from '../support';
import { refusal, chroot, type RootOptions, type Chroot } from './chroot';

/** A chroot with a real systemd as its first process: units run with all that their files demand. */
export interface BootedRoot extends Chroot {
  /** Runs a command beside the services, as root; `systemctl` is the real one. */
  inside(command: readonly string[]): Promise<Ended>;
}

/** A cgroup of its own, so that nothing of this instance's tree is touched; it is removed with the root. */
const enter = String.raw`
set -euo pipefail
tree=$(findmnt --noheadings --output TARGET --types cgroup2 | head -n 1)
own=$tree$(awk -F: '$1 == 0 { print $3 }' /proc/self/cgroup)
cgroup=$(mktemp --directory "${'$'}{own%/}/boundless-XXXXXX")
echo $$ >"$cgroup/cgroup.procs"
unshare --mount --propagation private --pid --fork --kill-child --ipc --uts --cgroup bash --norc -euc "$2" boot "$1" >/dev/null &
systemd=$!
echo "$systemd"
# Until the process that started it is gone.
read -r _ || true
kill -KILL "$systemd" 2>/dev/null || true
wait "$systemd" 2>/dev/null || true
echo $$ >"${'$'}{own%/}/cgroup.procs"
for try in {1..100}; do
  find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
  [[ -d $cgroup ]] || exit 0
  sleep 0.05
done
`;

/** The folders of the kernel are new; files are those of the chroot. */
const boot = String.raw`
cd "$1/merged"
mkdir -p old run
umount --recursive dev proc
mount -t proc none proc
mount -t sysfs none sys
mount -t cgroup2 none sys/fs/cgroup
mount --bind run run
mount -t tmpfs -o mode=755 none dev
for device in null:3 zero:5 full:7 random:8 urandom:9 kmsg:11; do mknod -m 666 "dev/${'$'}{device%:*}" c 1 "${'$'}{device#*:}"; done
mknod -m 666 dev/tty c 5 0
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mkdir dev/pts dev/shm dev/mqueue
mount -t tmpfs -o mode=1777 none dev/shm
pivot_root . old
umount --lazy /old
export container=boundless
exec /usr/lib/systemd/systemd --unit=boundless-test.target --log-target=console --show-status=no \
  systemd.unified_cgroup_hierarchy=1 </dev/null >/run/systemd.log 2>&1
`;

const target = '[Unit]\nDefaultDependencies=no\nAllowIsolate=yes\n';

async function until<T>(found: () => T | undefined, why: () => string): Promise<T> {
  for (let tries = 0; tries < 1200; tries += 1) {
    const value = found();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(why());
}

const childOf = (pid: number): number | undefined => {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]) || undefined;
  } catch {
    return undefined;
  }
};

async function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' };

/**
 * Starts a real systemd in a chroot.
 *
 * @throws Error when systemd does not come up, with what it wrote
 */
export async function bootedRoot(place: string, options: RootOptions = {}): Promise<BootedRoot> {
  const root = await chroot(place, { ownNetwork: true, ...options });
  root.write({ '/etc/systemd/system/boundless-test.target': target });
  const holder = spawn(
    'nsenter',
    [`--target=${root.pid}`, '--mount', '--net', '--', 'bash', '--norc', '-c', enter, 'enter', place, boot],
    { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] } },
  );
  let [unshared, complaint] = ['', ''];
  holder.stdout.setEncoding('utf8').on('data', (text: string) => (unshared += text));
  holder.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const close = async () => {
    holder.stdin.end();
    if (holder.exitCode === null) await once(holder, 'close');
    await root.close();
  };
  const enterInside = (pid: number, command: readonly string[]) =>
    ended(
      spawn(
        'nsenter',
        [`--target=${pid}`, ...['--mount', '--net', '--pid', '--ipc', '--cgroup', '--root', '--wd', '--'], ...command],
        { stdio: ['ignore', 'pipe', 'pipe'], env: environment },
      ),
    );
  try {
    const why = () => {
      const log = spawnSync('cat', [root.path('/run/systemd.log')], { encoding: 'utf8' });
      return `systemd does not come up: ${complaint}${log.stdout}`;
    };
    const pid = await until(() => {
      const child = unshared.endsWith('\n') ? childOf(Number(unshared)) : undefined;
      if (child === undefined) return undefined;
      return readFileSync(`/proc/${child}/comm`, 'utf8').trim() === 'systemd' ? child : undefined;
    }, why);
    for (let tries = 0; ; tries += 1) {
      const { stdout } = await enterInside(pid, ['systemctl', 'is-active', 'boundless-test.target']);
      if (stdout.trim() === 'active') break;
      if (tries > 600) throw new Error(why());
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return { ...root, inside: (command) => enterInside(pid, command), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Why this instance cannot have one; undefined where it can. */
export function bootRefusal(): string | undefined {
  const refused = refusal();
  if (refused !== undefined) return refused;
  const trial = spawnSync('bash', [
    '-c',
    'tree=$(findmnt --noheadings --output TARGET --types cgroup2 | head -n 1) && [ -x /usr/lib/systemd/systemd ] &&' +
      ' own=$tree$(awk -F: \'$1 == 0 { print $3 }\' /proc/self/cgroup) && mkdir "$own/boundless-trial-$$" &&' +
      ' rmdir "$own/boundless-trial-$$" && unshare --mount --pid --fork --ipc --uts --cgroup' +
      " bash -c 'd=$(mktemp -d) && mount -t cgroup2 none $d && umount $d; code=$?; rmdir $d; exit $code'",
  ]);
  return trial.status === 0 ? undefined : 'a systemd of its own is refused here';
}
