import { spawnSync } from 'node:child_process';

/** Commands that the tests use, or packages without one, and the Debian and Ubuntu packages that bring them. */
const packages: Readonly<Record<string, string>> = {
  packer: 'packer',
  shellcheck: 'shellcheck',
  shfmt: 'shfmt',
  mypy: 'mypy',
  'systemd-analyze': 'systemd',
  aws: 'awscli',
  unzip: 'unzip',
  jq: 'jq',
  curl: 'curl',
  gpg: 'gnupg',
  openssl: 'openssl',
  xz: 'xz-utils',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  systemctl: 'systemd',
  ip: 'iproute2',
  'mkfs.ext4': 'e2fsprogs',
  losetup: 'mount',
  perl: 'perl-base',
  psql: 'postgresql',
  'redis-server': 'redis-server',
  'python3-boto3': 'python3-boto3',
};

const succeeds = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args, { env: process.env, stdio: 'ignore' }).status === 0;

/** Whether a command is on the PATH, or the distribution's Python has a module. */
export const installed = (tool: string): boolean =>
  tool.startsWith('python3-')
    ? succeeds('/usr/bin/python3', '-c', `import ${tool.replace('python3-', '')}`)
    : succeeds('bash', '-c', 'command -v "$1"', 'bash', tool);

/** How packages can be installed without asking anybody; undefined where they can't. */
function packageManager(): readonly string[] | undefined {
  if (!installed('apt-get')) return undefined;
  if (process.getuid?.() === 0) return ['apt-get'];
  return succeeds('sudo', '-n', 'true') ? ['sudo', '-n', 'apt-get'] : undefined;
}

function apt([command = '', ...prefix]: readonly string[], ...args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, [...prefix, '-qq', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}

/** The variable that keeps the system as it is: no package is installed. */
const refusal = 'NO_INSTALL';
const isRefused = (): boolean => !['', '0', 'no', 'off', 'false'].includes(process.env[refusal] ?? '');

/**
 * Installs the tools that are missing, where this is Debian or Ubuntu, the user may, and `NO_INSTALL` does not refuse it;
 * each on its own, so that one that the distribution lacks does not keep the others away. What is installed, and how, is
 * logged before.
 *
 * @returns the commands that are still missing; what needs them is skipped by name
 */
export function installTools(
  tools: readonly string[] = Object.keys(packages),
  log: (line: string) => void = console.log,
): string[] {
  const missing = tools.filter((tool) => !installed(tool));
  if (missing.length === 0 || isRefused()) return missing;
  const manager = packageManager();
  if (manager === undefined) return missing;
  const names = [...new Set(missing.map((tool) => packages[tool] ?? tool))];
  log(`This system lacks ${missing.join(', ')}, which tests use.`);
  log(`Installing ${count(names, 'package')} with \`${manager.join(' ')}\` (${refusal}=1 leaves the system as it is)`);
  const started = performance.now();
  const seconds = (): string => `${Math.round((performance.now() - started) / 1000)} s`;
  apt(manager, 'update');
  for (const [index, name] of names.entries()) {
    const done = apt(manager, 'install', '-y', '--no-install-recommends', name);
    log(`  ${index + 1} of ${names.length}, ${seconds()}: ${name}${done ? '' : ' cannot be installed'}`);
  }
  return missing.filter((tool) => !installed(tool));
}

const count = ({ length }: readonly unknown[], noun: string): string => `${length} ${noun}${length === 1 ? '' : 's'}`;
