import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { unzipSync } from 'fflate';
import { stateBucket } from '../../config/names';
import type { Access } from '../../cli/delivery/access';
import { applyPlan } from '../../cli/delivery/plan/apply';
import { makePlan, type MadePlan } from '../../cli/delivery/plan/make';
import { temporaryFolder } from '../scripts/support';
import { stackOf, synthesize } from '../support/synthesized';
import { describeTerraform } from '../support/terraform';
import { production, startAccounts, type Accounts } from '../cli/delivery/support/accounts';

const name = 'prover-cluster-production';
const { directory } = stackOf(synthesize(), name);
const commit = 'c0ffee';

/** Plans and applies the cluster's own stack, each through the role that its build has. */
function delivery(): void {
  const folder = temporaryFolder();
  const at = (...names: string[]) => path.join(folder, ...names);
  let accounts: Accounts;
  let output = '';
  const access = async (role: string): Promise<Access> => ({
    client: accounts.production,
    environment: {
      ...(await accounts.aws.environment(production.accountId)),
      TF_VAR_act_as_role_arn: `arn:aws:iam::${production.accountId}:role/${role}`,
    },
    initArguments: ['-backend-config=use_path_style=true'],
  });

  beforeAll(async () => {
    accounts = await startAccounts();
    await new S3Client({ ...accounts.production, forcePathStyle: true }).send(
      new CreateBucketCommand({
        Bucket: stateBucket(production.accountId, production.region),
        CreateBucketConfiguration: { LocationConstraint: production.region as 'us-west-2' },
      }),
    );
  }, 60_000);
  afterAll(() => accounts.aws.stop());

  const plan = async (version: string, role = 'boundless-plan-role'): Promise<MadePlan> =>
    makePlan({
      account: production,
      access: await access(role),
      images: { manager: await accounts.share('manager', version), prover: await accounts.share('prover', version) },
      remarks: [],
      commit,
      build: 'a-build',
      stackDirectory: directory,
      folder: at('plan'),
      workDirectory: at('work'),
      onOutput: (text) => void (output += text),
    });
  const apply = async ({ sha256 }: MadePlan) =>
    applyPlan({
      account: production,
      access: await access('boundless-deployment-role'),
      folder: at('plan'),
      planSha256: sha256,
      commit,
      images: {},
      maxAgeHours: 1,
      dryRun: false,
      workDirectory: at('work'),
      onOutput: (text) => void (output += text),
    });

  test('what the plan role has planned the deployment role applies, and the plan keeps neither', async () => {
    const made = await plan('v1.2.1');
    expect(made.summary.headline).toMatch(
      /^prover-cluster-production: [1-9]\d* to create, 0 to update, 0 to replace, 0 to destroy, 0 to forget\. Images: manager none -> v1\.2\.1, prover none -> v1\.2\.1$/,
    );
    const entries = unzipSync(readFileSync(at('plan', 'plan.tfplan')));
    // Policies of secrets name the roles too, to refuse them.
    const text = Buffer.from(entries['tfplan']!)
      .toString('latin1')
      .replace(/"aws:PrincipalArn":\[[^\]]*\]/g, '');
    expect(text).not.toMatch(/role\/boundless-/);
    expect(await apply(made)).toMatchObject({ outcome: 'applied' });
    expect(await apply(made)).toMatchObject({ outcome: 'already applied' });
  }, 120_000);

  test('a new image is an update that the summary names, and nothing else', async () => {
    const made = await plan('v1.2.2');
    expect(made.summary.headline).toMatch(
      /0 to create, \d to update, 0 to replace, 0 to destroy, 0 to forget\. Images: manager v1\.2\.1 -> v1\.2\.2, prover v1\.2\.1 -> v1\.2\.2$/,
    );
    expect(made.summary.markdown).toMatch(
      /- manager: v1\.2\.1 \(ami-\w+, baked \d+\) → v1\.2\.2 \(ami-\w+, baked \d+\)/,
    );
    expect(await apply(made)).toMatchObject({ outcome: 'applied' });
  }, 120_000);

  test('no other role is taken', async () => {
    await expect(plan('v1.2.2', 'admin')).rejects.toThrow('`terraform plan` ended with 1');
    expect(output).toContain('act_as_role_arn must be one of');
  }, 60_000);
}

describeTerraform('delivery of a cluster', directory, delivery);
