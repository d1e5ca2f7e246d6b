import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { installedAtFirst, oldKernel, driverVersion } from './packages';
import { chroot, type RootRun, type Chroot } from './chroot';
import { sha256, zkey, type Upstream } from './upstream';

export type Image = 'manager' | 'prover' | 'bento';
type Environment = Readonly<Record<string, string>>;

/** An instance that Packer has just started and copied the scripts to. */
export interface Builder extends Chroot {
  /** Runs a script of the bake as Packer does. */
  script(name: string, env?: Environment): RootRun;
  /** Everything up to the reboot. */
  setup(image: Image, env?: Environment): Promise<{ readonly code: number | null; readonly stderr: string }>;
  /** What the stand-ins were asked to do, line by line. */
  calls(): string[];
}

const work = '/var/tmp/boundless';

/** Programs that would need a booted instance, or a GPU. The first line of each records its arguments. */
const standIns: Readonly<Record<string, string>> = {
  // The files of units are the real systemctl's; the instance's services can't be.
  systemctl: `verb=$1; shift; words=(); for word; do [[ $word == --now ]] || words+=("$word"); done
unit=/run/systemd/system/$(sed 's/@[^.]*/@/' <<<"\${words[*]: -1}")
of() { sed --quiet "s/^$1=//p" "$unit"; }
case $verb in
  enable | mask | is-enabled) exec /usr/bin/systemctl --root=/ "$verb" "\${words[@]}" ;;
  start)
    [[ $unit == */bento-sandbox-* ]] || exit 0
    # As its user, with its folders; nothing but a real systemd has the rest.
    if [[ $(of DynamicUser) == yes ]]; then user=daemon; else user=$(of User); fi
    for folder in $(of StateDirectory | sed 's|^|/var/lib/|') $(of RuntimeDirectory | sed 's|^|/run/|'); do
      install -d -o "\${user:-root}" "\${folder/%i/0}"
    done
    read -ra command < <(of ExecStart)
    groups=$(of SupplementaryGroups)
    exec setpriv --reuid="\${user:-root}" --regid="\${user:-root}" --groups="\${user:-root}\${groups:+,$groups}" "\${command[@]}" >/run/boundless-sandbox/output 2>&1
    ;;
esac`,
  'cloud-init': '[[ $1 != status ]] || exit "$(cat /run/cloud-init-status 2>/dev/null || echo 0)"',
  uname: '[[ $* == -r ]] || exec /usr/bin/uname "$@"; cat /run/kernel',
  dkms: `echo "nvidia/${driverVersion}, $(cat /run/kernel), x86_64: $(cat /run/dkms-state 2>/dev/null || echo installed)"`,
  modinfo: `echo ${driverVersion}`,
  modprobe: '',
  'nvidia-smi': `[[ $* == *driver_version* ]] && echo ${driverVersion} || echo 'NVIDIA L4'`,
  ss: 'cat /run/sockets',
};

/** Every file below a folder of the repository. */
function repositoryFiles(folder: string): [string, Buffer, number][] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile() && !file.includes('__pycache__'))
    .map((file) => [file, readFileSync(file), statSync(file).mode & 0o777]);
}

const oneshot = '[Service]\nType=oneshot\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n';

const dpkgStatus = installedAtFirst
  .map(({ name, version = '1.0', depends }) =>
    [
      `Package: ${name}`,
      'Status: install ok installed',
      'Architecture: all',
      'Maintainer: nobody',
      `Version: ${version}`,
    ]
      .concat(depends === undefined ? [] : [`Depends: ${depends}`], 'Description: of the base image', '')
      .join('\n'),
  )
  .join('\n');

export async function startBuilder(place: string, upstream: Upstream, sizeMib?: number): Promise<Builder> {
  const root = await chroot(place, sizeMib === undefined ? {} : { sizeMib });
  const { address, keys } = upstream;
  for (const [file, content, mode] of [...repositoryFiles('scripts'), ...repositoryFiles('service_files')])
    root.write({ [`${work}/${file}`]: content }, mode);
  for (const unit of ['bento-configure.service', 'bento-drain.service'])
    if (!readdirSync('service_files').includes(unit)) root.write({ [`${work}/service_files/${unit}`]: oneshot });
  root.write({ [`${work}/scripts/boot/stand_in/main.py`]: '#!/usr/bin/env python3\n' }, 0o755);
  root.write({
    [`${work}/scripts/boot/stand_in/module.py`]: 'answer = 42\n',
    [`${work}/scripts/boot/stand_in/__pycache__/module.pyc`]: 'compiled',
    [`${work}/resolve-version.sh`]: readFileSync('packer/build/resolve-version.sh'),
    [`${work}/scripts/repositories.lock`]: ['nvidia-cuda nvidia', 'vector vector']
      .map((line) => line.split(' '))
      .map(([name, folder]) => `${name} ${address}/key.asc ${keys.archive.fingerprint} ${address}/${folder}/ /\n`)
      .join(''),
    [`${work}/scripts/downloads.lock`]: [
      `risc0-groth16 0.1.0 ${sha256(upstream.files.get('/risc0-groth16')!)} ${address}/risc0-groth16`,
      `blake3-groth16 v3 ${sha256(upstream.files.get('/blake3.tar.xz')!)} ${address}/blake3.tar.xz`,
      `verify_for_guest_final.zkey v3 ${sha256(zkey)} in:blake3-groth16`,
      'nvidia-driver 580 signed repository:nvidia-cuda',
      'cuda 13-0 signed repository:nvidia-cuda',
      'vector 0.9.0-1 signed repository:vector\n',
    ].join('\n'),
    '/usr/share/keyrings/ubuntu.asc': keys.archive.publicKey,
    '/etc/apt/sources.list': `deb [signed-by=/usr/share/keyrings/ubuntu.asc] ${address}/ubuntu/ /\n`,
    '/var/lib/dpkg/status': dpkgStatus,
    '/run/kernel': `${oldKernel}\n`,
    '/run/systemd/system/.keep': '',
    '/run/sockets': 'tcp LISTEN 0 4096 0.0.0.0:22 0.0.0.0:*\nudp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:*\n',
    '/etc/systemd/system/apt-daily.timer': '[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n',
    '/etc/systemd/system/apt-daily-upgrade.timer': '[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n',
    '/etc/systemd/system/unattended-upgrades.service': oneshot,
  });
  for (const { name } of installedAtFirst) {
    root.write({ [`/var/lib/dpkg/info/${name}.list`]: '/.\n', [`/var/lib/dpkg/info/${name}.md5sums`]: '' });
  }
  for (const folder of ['info', 'updates', 'triggers', 'alternatives', 'parts'])
    root.write({ [`/var/lib/dpkg/${folder}/.keep`]: '' });
  const prepared = await root.run([
    'bash',
    '-c',
    `rm /var/lib/dpkg/*/.keep
mkdir -p /var/lib/apt/lists/partial /var/cache/apt/archives/partial /etc/apt/apt.conf.d /etc/apt/preferences.d
systemctl --root=/ enable apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service`,
  ]);
  if (prepared.code !== 0) throw new Error(prepared.stderr);
  for (const [name, script] of Object.entries(standIns))
    root.write({ [`/stand-ins/${name}`]: `#!/usr/bin/env bash\necho "${name} $*" >>/run/calls\n${script}\n` }, 0o755);

  const script = (name: string, env: Environment = {}) =>
    root.run(['bash', `${work}/scripts/${name}`], {
      IMAGE: 'manager',
      BOUNDLESS_VERSION: 'v1.2.2',
      RELEASES: `${address}/releases`,
      FETCH_PROTOCOLS: '=http',
      FETCH_PAUSE: '0',
      FETCH_TRIES: '2',
      FETCH_STALL_SECONDS: '1',
      APT_PAUSE: '0',
      APT_RETRIES: '0',
      APT_TRIES: '2',
      ...env,
    });
  return {
    ...root,
    script,
    async setup(image, env) {
      let stderr = '';
      for (const name of scriptsOf(image)) {
        const ended = await script(name, { IMAGE: image, ...env });
        stderr += ended.stderr;
        if (ended.code !== 0) return { code: ended.code, stderr };
      }
      return { code: 0, stderr };
    },
    calls: () => root.read('/run/calls').split('\n').filter(Boolean),
  };
}

/** The scripts that set an image up, in the order of the templates. */
export const scriptsOf = (image: Image): readonly string[] => [
  'setup.sh',
  ...(image === 'bento' ? ['setup-manager.sh', 'setup-prover.sh'] : [`setup-${image}.sh`]),
];
