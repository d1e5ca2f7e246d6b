import type { Package } from './archive';

export const oldKernel = '6.8.0-1001-aws';
export const newKernel = '6.8.0-1002-aws';
export const driverVersion = '580.95.05';

/** A unit that a package brings, and would start. */
const unit = (name: string) => ({
  [`usr/lib/systemd/system/${name}`]: '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n',
});
const script = '#!/bin/sh\nexit 0\n';

/** What setup.sh and the others ask of Ubuntu; the second kernel is the security update of a bake. */
export const ubuntuPackages: readonly Package[] = [
  ...[
    'ca-certificates',
    'curl',
    'gnupg',
    'jq',
    'libssl3t64',
    'openssl',
    'tar',
    'xz-utils',
    'e2fsprogs',
    'nvme-cli',
  ].map((name) => ({ name })),
  ...['python3-boto3', 'dkms'].map((name) => ({ name })),
  ...[oldKernel, newKernel].flatMap((kernel) => [
    { name: `linux-image-${kernel}` },
    { name: `linux-headers-${kernel}` },
  ]),
  { name: 'linux-aws', version: '2.0', depends: `linux-image-${newKernel}` },
  // Waits where a test wants to interrupt it.
  {
    name: 'postgresql',
    version: '16+257',
    depends: 'postgresql-16',
    postinst: 'if [ -e /run/wait-in-postinst ]; then touch /run/in-postinst; sleep 60; fi',
  },
  {
    name: 'postgresql-16',
    files: {
      ...Object.fromEntries(
        ['postgres', 'initdb', 'psql'].map((name) => [`usr/lib/postgresql/16/bin/${name}`, script]),
      ),
      ...unit('postgresql.service'),
      ...unit('postgresql@.service'),
    },
  },
  { name: 'redis-server', files: { 'usr/bin/redis-server': script, 'usr/bin/redis-cli': script } },
  {
    name: 'valkey-server',
    version: '7.2.8',
    files: { 'usr/bin/valkey-server': script, 'usr/bin/valkey-cli': script, ...unit('valkey-server.service') },
  },
];

export const nvidiaPackages: readonly Package[] = [
  { name: 'nvidia-driver-pinning-580' },
  { name: 'nvidia-persistenced', files: { 'usr/bin/nvidia-persistenced': script } },
  {
    name: 'nvidia-open',
    version: `${driverVersion}-1`,
    files: { 'usr/bin/nvidia-modprobe': script, [`usr/lib/x86_64-linux-gnu/libcuda.so.${driverVersion}`]: '' },
    postinst: `ln -sf libcuda.so.${driverVersion} /usr/lib/x86_64-linux-gnu/libcuda.so.1`,
  },
  { name: 'cuda-libraries-13-0', version: '13.0.1-1' },
];

/** As far as the bake asks it: `validate` reads the files that it is given, with the variables that they name. */
const vector = `#!/bin/bash
[[ $1 == validate && $2 == --skip-healthchecks && -d $LOGS_FOLDER ]] || exit 78
shift 2
for file in "$@"; do
  [[ -r $file ]] || { echo "$file cannot be read"; exit 78; }
  for name in $(sed 's/\\$\\$//g' "$file" | grep --only-matching '\\\${[A-Z_]*}' | tr -d '\${}'); do
    [[ -n \${!name:-} ]] || { echo "Missing environment variable in config. name = $name"; exit 78; }
  done
done
`;

export const vectorPackages: readonly Package[] = ['0.9.0-1', '1.0.0-1'].map((version) => ({
  name: 'vector',
  version,
  files: { 'usr/bin/vector': vector, ...unit('vector.service') },
}));

/** What a cloud image of Ubuntu has installed. */
export const installedAtFirst: readonly Package[] = [
  { name: 'rsyslog' },
  { name: 'unattended-upgrades', files: unit('unattended-upgrades.service') },
  { name: `linux-image-${oldKernel}` },
  { name: 'linux-aws', version: '1.0', depends: `linux-image-${oldKernel}` },
];
