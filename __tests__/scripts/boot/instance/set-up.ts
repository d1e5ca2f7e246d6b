import type { Chroot } from '../../root/chroot';

/** Device files, for an instance that must not see this one's. */
const devices = String.raw`
mount -t tmpfs -o mode=755 none /dev
for device in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "/dev/${'$'}{device%:*}" c 1 "${'$'}{device#*:}"; done
mknod -m 666 /dev/tty c 5 0
mknod /dev/loop-control c 10 237
for number in {0..63}; do mknod "/dev/loop$number" b 7 "$number"; done
mkdir -p /dev/disk/by-id
mkdir -m 1777 /dev/shm
ln -s /proc/self/fd /dev/fd
`;

const users = String.raw`
for name in bento valkey bento-queue bento-smoke bento-replace bento-api bento-aux bento-executor bento-broker; do
  groupadd --system "$name" && useradd --system --gid "$name" --no-create-home --shell /usr/sbin/nologin "$name"
done
chown root:bento /etc/bento && chmod 750 /etc/bento
chown bento:bento /var/lib/bento && chmod 750 /var/lib/bento
mkdir -p /run/systemd/system /run/started && chmod 1777 /run/started
cp -r /repository/service_files/. /etc/systemd/system
mkdir -p /usr/local/lib/boundless/bin /usr/local/share/boundless
cp -r /repository/scripts/boot/. /usr/local/lib/boundless
cp /repository/service_files/*.yaml /usr/local/share/boundless
ln -s "$(ls -d /usr/lib/postgresql/*/bin | sort --version-sort | tail -n 1)" /usr/local/lib/boundless/bin/postgresql
ln -s /usr/bin/redis-server /usr/local/lib/boundless/bin/valkey-server
ln -s /usr/bin/redis-cli /usr/local/lib/boundless/bin/valkey-cli
`;

/** Lets go of the disk: a disk whose file is in the root would keep the root, and itself, for ever. */
export const release = String.raw`
for try in {1..50}; do
  if ! mountpoint --quiet /var/lib/bento; then exec losetup --detach "$(cat /run/loop)"; fi
  umount /var/lib/bento || sleep 0.1
done
exit 1
`;

/** Makes a chroot an instance: its devices, users, folders, units and programs. */
export async function setUp(root: Chroot): Promise<void> {
  for (const script of [devices, users]) {
    const { code, stderr } = await root.run(['bash', '-euc', script]);
    if (code !== 0) throw new Error(stderr);
  }
}

/** A disk of the volume's name, as Nitro shows it. */
export async function attachable(root: Chroot, outside: string, volumeId: string): Promise<void> {
  const name = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`;
  root.write({ '/disk': '' });
  const { code, stderr } = await root.run([
    'bash',
    '-euc',
    `truncate -s 256M /disk; losetup --find --show /disk >/run/loop; ln -s "$(cat /run/loop)" ${name}`,
  ]);
  if (code !== 0) throw new Error(`no disk at ${outside}: ${stderr}`);
}
