import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { unzipSync } from 'fflate';
import { factory } from '../../config';
import { clusterPath } from '../../config/names';
import { generatedSecrets } from '../../cli/secrets/names';
import { startLocalAws, type LocalAws } from '../../lab/local-aws';
import type { ProviderSource } from '../../cli/terraform/provider';
import { stackOf, synthesize } from '../support/synthesized';
import { describeTerraform, TerraformStackRun } from '../support/terraform';

const name = 'staging';
const account = '222222222222';
const environments = factory.environments;
const stackWith = (database: number) => {
  const changed = environments.map((one) =>
    one.environment === 'staging'
      ? { ...one, secrets: { ...one.secrets, passwordVersions: { database, valkey: 1 } } }
      : one,
  );
  return stackOf(synthesize({ factory: { ...factory, environments: changed } }), name);
};
const first = stackWith(1);

function secrets(source: ProviderSource): void {
  let aws: LocalAws;
  let variables: Record<string, string>;
  let before: TerraformStackRun;

  beforeAll(async () => {
    aws = await startLocalAws('us-west-2');
    variables = await aws.environment(account);
  });
  afterAll(() => aws.stop());

  /** Everything that a plan file holds, unpacked. */
  const planText = (stack: TerraformStackRun) =>
    Object.values(unzipSync(stack.read('next.tfplan')))
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
    before = new TerraformStackRun(first, variables);
    await before.plan();
    const shown = await before.run(['show', '-json', 'next.tfplan']);
    const plan = planText(before);
    const applied = await before.apply();
    expect(applied).toMatch(/Apply complete! Resources: [1-9]/);
    const secret = await passwords();
    const state = before.read('terraform.tfstate').toString('utf8');
    for (const text of [shown, applied, state, plan]) expect(secret.test(text)).toBe(false);
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
    expect(await before.plan()).toEqual([]);
  }, 120_000);

  test('a version that rises writes one password again, and changes nothing else', async () => {
    const next = new TerraformStackRun(stackWith(2), variables, before);
    expect((await next.plan()).map(({ address }) => address)).toEqual([
      expect.stringMatching(/^aws_secretsmanager_secret_version\.Data_Secrets_database-password-value_/),
    ]);
  }, 120_000);
}

describeTerraform('secrets in Terraform', first.directory, secrets);
