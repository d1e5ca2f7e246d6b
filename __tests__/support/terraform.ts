import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { awsProviderSource, type ProviderSource } from '../../cli/terraform/provider';
import { terraform } from '../../cli/terraform/run';
import { withSchemaOfStacks } from './provider-schema';
import type { SynthesizedStack } from './synthesized';
import { describeWith, installed, localAws, skipped } from './tools';

/**
 * A `describe` for the real Terraform and a local AWS. Where the AWS provider cannot be had, it is skipped by name.
 *
 * @param directory of a stack that asks for the provider
 */
export function describeTerraform(name: string, directory: string, tests: (source: ProviderSource) => void): void {
  const source: ProviderSource = installed('terraform') ? awsProviderSource(directory) : 'unreachable';
  const named = () => {
    if (source === 'reattached') withSchemaOfStacks();
    tests(source);
  };
  if (installed('terraform') && source === 'unreachable')
    skipped(name, 'the AWS provider cannot be downloaded, and TF_REATTACH_PROVIDERS is not set', named);
  else describeWith(['terraform', localAws], name, named);
}

/** What Terraform would do with a resource. */
export interface Change {
  readonly address: string;
  readonly actions: string;
}

/** A stack with a state of its own, in its own folder, and the real Terraform. */
export class TerraformStackRun {
  /** Where its configuration and its state are. */
  readonly directory: string;
  readonly #environment: Readonly<Record<string, string>>;

  /** @param after takes the state over from there, as if this configuration followed that one */
  constructor(
    { directory }: SynthesizedStack,
    environment: Readonly<Record<string, string>>,
    after?: TerraformStackRun,
  ) {
    this.directory = directory;
    this.#environment = environment;
    const backend = { terraform: { backend: { local: {} } } };
    writeFileSync(path.join(directory, 'state_override.tf.json'), JSON.stringify(backend));
    if (after !== undefined)
      cpSync(path.join(after.directory, 'terraform.tfstate'), path.join(directory, 'terraform.tfstate'));
  }

  /** Runs a command that must succeed; variables are for this command alone. */
  async run(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<string> {
    const { code, output, stdout } = await terraform(this.directory, args, { ...this.#environment, ...variables });
    if (code !== 0) throw new Error(`terraform ${args.join(' ')} ended with ${code}:\n${output}`);
    return stdout;
  }

  /** What a plan would change; what it only reads, or leaves as it is, is left out. */
  async plan(variables: Readonly<Record<string, string>> = {}): Promise<readonly Change[]> {
    if (!existsSync(path.join(this.directory, '.terraform'))) await this.run(['init', '-no-color']);
    await this.run(['plan', '-no-color', '-out=next.tfplan'], variables);
    const { resource_changes: changes = [] } = JSON.parse(await this.run(['show', '-json', 'next.tfplan'])) as {
      resource_changes?: readonly { address: string; change: { actions: readonly string[] } }[];
    };
    return changes
      .map(({ address, change }) => ({ address, actions: change.actions.join() }))
      .filter(({ actions }) => actions !== 'no-op' && actions !== 'read');
  }

  /** Applies the plan that was just made. */
  apply = (): Promise<string> => this.run(['apply', '-no-color', 'next.tfplan']);

  /** What a file of its folder holds, such as the state. */
  read = (file: string): Buffer => readFileSync(path.join(this.directory, file));

  /** Addresses in the state. */
  state = async (): Promise<readonly string[]> => (await this.run(['state', 'list'])).trim().split('\n');

  /** What a destruction is answered with. */
  destroy = (): ReturnType<typeof terraform> =>
    terraform(this.directory, ['destroy', '-no-color', '-auto-approve'], this.#environment);
}
