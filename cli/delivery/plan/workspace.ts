import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { terraform, type TerraformResult } from '../../terraform/run';
import type { Access } from '../access';

/** Terraform's own file of the providers that it chose; the plan's artifact has it under the other name. */
export const lockFile = { own: '.terraform.lock.hcl', kept: 'terraform.lock.hcl' } as const;

/**
 * Copies a stack as it was synthesized. Terraform's own files stay behind: `cdktf deploy` leaves them in the same folder,
 * links to its cache of providers among them.
 */
export const copyStack = (from: string, to: string): Promise<void> =>
  cp(from, to, { recursive: true, filter: (file) => !path.basename(file).startsWith('.terraform') });

/** A copy of a stack's folder that Terraform may leave its own files in. */
export class Workspace {
  private constructor(
    readonly directory: string,
    private readonly access: Access,
    private readonly onOutput: (text: string) => void,
  ) {}

  /** Copies a stack's folder to an empty one. */
  static async of(
    stackDirectory: string,
    directory: string,
    access: Access,
    onOutput: (text: string) => void,
  ): Promise<Workspace> {
    await rm(directory, { recursive: true, force: true });
    await copyStack(stackDirectory, directory);
    return new Workspace(path.resolve(directory), access, onOutput);
  }

  /** Runs Terraform with this access; its output is reported unless a program reads it. */
  run(args: readonly string[], options: { quiet?: boolean; variables?: Record<string, string> } = {}) {
    const environment = { ...this.access.environment, ...options.variables };
    return terraform(this.directory, args, environment, options.quiet === true ? undefined : this.onOutput);
  }

  /** The same, where only success is of use. */
  async must(args: readonly string[], options: Parameters<Workspace['run']>[1] = {}): Promise<TerraformResult> {
    const result = await this.run(args, options);
    if (result.code !== 0)
      throw new Error(
        `\`terraform ${args[0] ?? ''}\` ended with ${result.code}${options.quiet === true ? `:\n${result.output}` : '; its reason stands above'}`,
      );
    return result;
  }

  /** @param lock `readonly` takes exactly the providers of the lock file that is there */
  init(lock: 'new' | 'readonly'): Promise<TerraformResult> {
    const lockArguments = lock === 'readonly' ? ['-lockfile=readonly'] : [];
    return this.must(['init', '-input=false', '-no-color', ...this.access.initArguments, ...lockArguments]);
  }
}

/** The variables that name what a cluster runs. */
export const imageVariables = (images: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(images).map(([role, id]) => [`TF_VAR_${role}_image_id`, id]));
