import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pluginCache, terraformBinary, terraformEnvironment } from './run';

/**
 * Where Terraform takes the AWS provider from: a server that is running already (`TF_REATTACH_PROVIDERS`), the
 * registry, or nowhere.
 */
export type ProviderSource = 'reattached' | 'registry' | 'unreachable';

/** Finds out with a real `terraform init` of a synthesized stack, in a copy of its folder. */
export function awsProviderSource(stackDirectory: string): ProviderSource {
  if (process.env['TF_REATTACH_PROVIDERS']?.includes('hashicorp/aws') === true) return 'reattached';
  mkdirSync(pluginCache, { recursive: true });
  const copy = mkdtempSync(path.join(tmpdir(), 'provider-'));
  try {
    cpSync(stackDirectory, copy, { recursive: true });
    const { status, stderr } = spawnSync(terraformBinary(), ['init', '-backend=false', '-no-color'], {
      cwd: copy,
      env: terraformEnvironment(),
      encoding: 'utf8',
    });
    if (status === 0) return 'registry';
    if (isDownloadFailure(stderr)) return 'unreachable';
    throw new Error(`terraform init failed for ${stackDirectory}:\n${stderr}`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Whether a failed `init` of Terraform or OpenTofu means that the provider could not be downloaded, and not that the stack is wrong. */
export const isDownloadFailure = (output: string): boolean =>
  /Failed to (query available|resolve) provider packages|Failed to install provider|could not connect to\s+registry/i.test(
    output,
  );
