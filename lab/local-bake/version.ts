import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The version of the installed Packer, such as 1.14.3. */
export async function packerVersion(): Promise<string> {
  const { stdout } = await promisify(execFile)('packer', ['version'], {
    env: { ...process.env, CHECKPOINT_DISABLE: '1' },
  }).catch((cause: unknown) => {
    throw new Error('There is no Packer to run: https://developer.hashicorp.com/packer/install', { cause });
  });
  const version = /^Packer v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`This is no version of Packer: ${stdout.trim()}`);
  return version;
}

/** From 1.7 on builders are plugins, fetched by `packer init`; the Packer of Debian and Ubuntu is 1.6.6. */
export function hasPlugins(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || minor >= 7;
}
