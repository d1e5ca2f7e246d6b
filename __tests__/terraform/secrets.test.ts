import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { unzipSync } from 'fflate';
import { factory } from '../../config';
import { clusterPath, generatedSecrets } from '../../config/names';
import { startLocalAws, type LocalAws } from '../../tools/local-aws';
import { awsProviderSource, type ProviderSource } from '../../tools/terraform/provider';
import { terraform } from '../../tools/terraform/run';
import { stackOf, synthesize } from '../support/synthesized';
import { describeWith, installed, localAws, skipped } from '../support/tools';

const name = 'prover-cluster-staging';
const account = '222222222222';
const environments = factory.environments;
/** The stack with a state in its own folder. */
const directoryWith = (database: number): string => {
  const changed = environments.map((one) =>
    one.environment === 'staging'
      ? { ...one, secrets: { ...one.secrets, passwordVersions: { database, valkey: 1 } } }
      : one,
  );
  const { directory } = stackOf(synthesize({ factory: { ...factory, environments: changed } }), name);
  writeFileSync(
    path.join(directory, 'state_override.tf.json'),
    JSON.stringify({ terraform: { backend: { local: {} } } }),
  );
  return directory;
};
const directory = directoryWith(1);

function secrets(source: ProviderSource): void {
  let aws: LocalAws;
  let variables: Record<string, string>;

  beforeAll(async () => {
    aws = await startLocalAws('us-west-2');
    const image = 'ami-0123456789abcdef0';
    variables = {
      ...(await aws.environment(account)),
      TF_VAR_manager_image_id: image,
      TF_VAR_prover_image_id: image,
    };
  });
  afterAll(() => aws.stop());

  const run = async (at: string, ...args: string[]) => {
    const { code, output, stdout } = await terraform(at, args, variables);
    if (code !== 0) throw new Error(`terraform ${args.join(' ')} ended with ${code}:\n${output}`);
    return stdout;
  };
  /** Everything that a plan file holds, unpacked. */
  const planText = (file: string) =>
    Object.values(unzipSync(readFileSync(file)))
      .map((entry) => Buffer.from(entry).toString('latin1'))
      .join('\n');

  /** What no file may hold: the passwords that were made up. */
  async function passwords(): Promise<RegExp> {
    // The schema's provider gives every password this beginning, and keeps none.
    if (source === 'reattached') return /random_password-/;
    const client = new SecretsManagerClient(await aws.clientSettings(account));
    const values = [];
    for (const secret of generatedSecrets) {
      const { SecretString } = await client.send(
        new GetSecretValueCommand({ SecretId: `${clusterPath('staging')}/${secret}` }),
      );
      values.push(SecretString);
    }
    return new RegExp(values.join('|'));
  }

  test('passwords are in no plan and in no state, and a plan after them is empty', async () => {
    await run(directory, 'init', '-no-color');
    await run(directory, 'plan', '-no-color', '-out=first.tfplan');
    const shown = await run(directory, 'show', '-json', 'first.tfplan');
    const applied = await run(directory, 'apply', '-no-color', 'first.tfplan');
    expect(applied).toMatch(/Apply complete! Resources: [1-9]/);
    const secret = await passwords();
    const state = readFileSync(path.join(directory, 'terraform.tfstate'), 'utf8');
    for (const text of [shown, applied, state, planText(path.join(directory, 'first.tfplan'))])
      expect(secret.test(text)).toBe(false);
    const { resources } = JSON.parse(state) as {
      resources: { mode: string; type: string; instances: { attributes: Record<string, unknown> }[] }[];
    };
    const written = resources.filter(({ type }) => type === 'aws_secretsmanager_secret_version');
    expect(written).toHaveLength(2);
    for (const { attributes } of written.flatMap(({ instances }) => instances)) {
      expect(attributes['secret_string_wo'] ?? null).toBeNull();
      expect(attributes['secret_string'] ?? '').toBe('');
    }
    expect(resources.filter(({ mode }) => mode === 'ephemeral')).toEqual([]);
    expect(await run(directory, 'plan', '-no-color', '-detailed-exitcode')).toContain('No changes');
  }, 120_000);

  test('a version that rises writes one password anew, and changes nothing else', async () => {
    const next = directoryWith(2);
    await run(next, 'init', '-no-color');
    writeFileSync(path.join(next, 'terraform.tfstate'), readFileSync(path.join(directory, 'terraform.tfstate')));
    await run(next, 'plan', '-no-color', '-out=next.tfplan');
    const { resource_changes: changes } = JSON.parse(await run(next, 'show', '-json', 'next.tfplan')) as {
      resource_changes: { address: string; change: { actions: string[] } }[];
    };
    const changed = changes.filter(({ change }) => change.actions.join() !== 'no-op');
    expect(changed.map(({ address }) => address)).toEqual([
      expect.stringMatching(/^aws_secretsmanager_secret_version\.Data_Secrets_database-password-value_/),
    ]);
  }, 120_000);
}

const source: ProviderSource = installed('terraform') ? awsProviderSource(directory) : 'unreachable';
if (installed('terraform') && source === 'unreachable')
  skipped('secrets in Terraform', 'the AWS provider cannot be downloaded, and TF_REATTACH_PROVIDERS is not set', () => {
    secrets(source);
  });
else
  describeWith(['terraform', localAws], 'secrets in Terraform', () => {
    secrets(source);
  });
