import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

/** What a Terraform command printed, and how it ended. */
export interface TerraformResult {
  readonly code: number;
  /** Standard output and error, in the order of their arrival. */
  readonly output: string;
  readonly stdout: string;
}

/** The program to run: Terraform, or another name of it, or OpenTofu. cdktf takes the same variable. */
export function terraformBinary(): string {
  const named = process.env['TERRAFORM_BINARY_NAME'];
  return named === undefined || named === '' ? 'terraform' : named;
}

/** There is no such program. */
export class NoTerraformError extends Error {
  override readonly name = 'NoTerraformError';

  constructor(cause: unknown) {
    super(
      terraformBinary() !== 'terraform'
        ? `TERRAFORM_BINARY_NAME is ${terraformBinary()}, and there is no such program to run; install it, or unset the variable.`
        : 'There is no `terraform` to run; install 1.11 or later (https://developer.hashicorp.com/terraform/install), or set ' +
            'TERRAFORM_BINARY_NAME to the name of yours, such as tofu.',
      { cause },
    );
  }
}

/** One download of the provider (600 MB) serves every stack. */
export const pluginCache = path.resolve('.build', 'terraform-plugins');

/** The environment of a Terraform command: quiet, without questions, and without a settings file that is not there. */
export function terraformEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { TF_CLI_CONFIG_FILE: settings, ...inherited } = process.env;
  return {
    TF_PLUGIN_CACHE_DIR: pluginCache,
    ...inherited,
    ...(settings !== undefined && existsSync(settings) && { TF_CLI_CONFIG_FILE: settings }),
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    ...extra,
  };
}

/**
 * Runs `terraform`, or what `TERRAFORM_BINARY_NAME` names in its place, in a folder.
 *
 * @param onOutput gets what it prints, as it prints it: long work shows progress
 * @throws NoTerraformError when it is not on the PATH; a command that fails is a result, not an error.
 */
export async function terraform(
  directory: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  onOutput: (text: string) => void = () => undefined,
): Promise<TerraformResult> {
  await mkdir(pluginCache, { recursive: true });
  return new Promise((resolve, reject) => {
    const child = spawn(terraformBinary(), [`-chdir=${directory}`, ...args], {
      env: terraformEnvironment(environment),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      stdout += text;
      onOutput(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      onOutput(text);
    });
    child.on('error', (cause) => {
      reject(new NoTerraformError(cause));
    });
    child.on('close', (code) => {
      resolve({ code: code ?? 1, output, stdout });
    });
  });
}

/**
 * The version that runs here: `1.11.4` of Terraform, `OpenTofu 1.10.6` of OpenTofu. The plans and lock files of the one are
 * none for the other, whatever their versions are.
 */
export async function terraformVersion(): Promise<string> {
  const { code, stdout, output } = await terraform('.', ['version']);
  const [, engine, version] = /^(Terraform|OpenTofu) v(\S+)/.exec(stdout) ?? [];
  if (code !== 0 || version === undefined)
    throw new Error(`\`${terraformBinary()} version\` ended with ${code}, and without a version:\n${output}`);
  return engine === 'Terraform' ? version : `${engine} ${version}`;
}
