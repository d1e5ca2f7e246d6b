import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { EC2Client, RegisterImageCommand } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  DeleteBucketPolicyCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { factory } from '../../config';
import { pointerName, stateBucket } from '../../config/names';
import { bootstrap } from '../../cli/bootstrap/bootstrap';
import { startLocalAws, type LocalAws } from '../../lab/local-aws';
import { awsProviderSource, type ProviderSource } from '../../cli/terraform/provider';
import { terraform } from '../../cli/terraform/run';
import { withEverything } from '../support/factories';
import { withSchemaOfStacks } from '../support/provider-schema';
import { stackOf, synthesize, type SynthesizedStack } from '../support/synthesized';
import { describeWith, installed, localAws, skipped } from '../support/tools';

const { region } = factory.ops;
const stacks = synthesize();
const accountOf = (stack: string): string =>
  stack === 'ops'
    ? factory.ops.accountId
    : factory.environments.find(({ environment }) => stack.replace('prover-cluster-', '') === environment)!.accountId;

/** What the local server does not know; only the real provider asks it. */
const unknownToLocalAws = ['aws_ec2_image_block_public_access', 'aws_ebs_snapshot_block_public_access'];

const image = 'ami-0123456789abcdef0';
const imageVariables = { TF_VAR_manager_image_id: image, TF_VAR_prover_image_id: image };
const initArguments = ['init', '-no-color', '-backend-config=use_path_style=true'];

/** The bucket as `make bootstrap` makes it, but for its policy: that refuses plain HTTP, which the local server speaks. */
async function bootstrapped(aws: LocalAws, environment: string): Promise<void> {
  const accountId = accountOf(environment);
  const settings = await aws.clientSettings(accountId);
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const clients = { s3, sts: new STSClient(settings), iam: new IAMClient(settings) };
  await bootstrap(clients, { environment, factory, dryRun: false, report: () => undefined });
  const Bucket = stateBucket(accountId, region);
  const plain = s3.send(new PutObjectCommand({ Bucket, Key: 'plain', Body: 'x' }));
  await expect(plain).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
}

/** What the ops stack leaves in AWS, for a provider that looks the image key up. */
async function makeImageKey(aws: LocalAws): Promise<void> {
  const kms = new KMSClient(await aws.clientSettings(factory.ops.accountId));
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/boundless-ami', TargetKeyId: KeyMetadata?.KeyId }));
}

/** What the sharing Lambda leaves in the service accounts, for a provider that reads the pointers. */
async function makePointers(aws: LocalAws): Promise<void> {
  for (const { accountId } of factory.environments) {
    const settings = await aws.clientSettings(accountId);
    const { ImageId } = await new EC2Client(settings).send(new RegisterImageCommand({ Name: 'boundless-manager' }));
    for (const kind of ['manager', 'prover'] as const)
      await new SSMClient(settings).send(
        new PutParameterCommand({
          Name: pointerName(kind, 'latest'),
          Type: 'String',
          DataType: 'aws:ec2:image',
          Value: ImageId,
        }),
      );
  }
}

function leaveOutUnknown({ resource, directory }: SynthesizedStack): void {
  const overrides = unknownToLocalAws.flatMap((type) =>
    Object.keys(resource[type] ?? {}).map((id) => ({ resource: { [type]: { [id]: { count: 0 } } } })),
  );
  overrides.forEach((override, index) => {
    writeFileSync(path.join(directory, `local${index}_override.tf.json`), JSON.stringify(override));
  });
}

function lifecycle(source: ProviderSource): void {
  let aws: LocalAws;

  beforeAll(async () => {
    aws = await startLocalAws(region);
    for (const environment of ['ops', 'staging', 'production']) await bootstrapped(aws, environment);
    await makePointers(aws);
  }, 120_000);
  afterAll(() => aws.stop());

  const expectSuccess = async (directory: string, args: readonly string[], environment: Record<string, string>) => {
    const { code, output } = await terraform(directory, args, environment);
    if (code !== 0) throw new Error(`terraform ${args.join(' ')} ended with ${code}:\n${output}`);
    return output;
  };

  test.each([...stacks.keys()])(
    '%s: init, plan, apply, and nothing left to do',
    async (name) => {
      const stack = stackOf(stacks, name);
      if (source === 'registry') leaveOutUnknown(stack);
      const environment = {
        ...(await aws.environment(accountOf(name))),
        ...(name === 'prover-cluster-production' && imageVariables),
      };
      await expectSuccess(stack.directory, initArguments, environment);
      await expectSuccess(stack.directory, ['plan', '-no-color', '-out=stack.tfplan'], environment);
      const applied = await expectSuccess(stack.directory, ['apply', '-no-color', 'stack.tfplan'], environment);
      expect(applied).toMatch(/Apply complete! Resources: [1-9]\d* added, 0 changed, 0 destroyed/);
      const again = await terraform(stack.directory, ['plan', '-no-color', '-detailed-exitcode'], environment);
      expect({ code: again.code, output: again.output }).toMatchObject({
        code: 0,
        output: expect.stringContaining('No changes') as string,
      });

      const s3 = new S3Client({ ...(await aws.clientSettings(accountOf(name))), forcePathStyle: true });
      const Bucket = stateBucket(accountOf(name), region);
      const state = await s3.send(new GetObjectCommand({ Bucket, Key: `${name}.tfstate` }));
      expect(JSON.parse((await state.Body?.transformToString()) ?? '')).toMatchObject({ version: 4 });
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
      expect(Contents.filter(({ Key }) => Key?.endsWith('.tflock'))).toEqual([]);
    },
    300_000,
  );

  test('the stacks are valid with every optional feature as well', async () => {
    for (const { directory } of synthesize({ factory: withEverything() }).values()) {
      await expectSuccess(directory, ['init', '-backend=false', '-no-color'], {});
      await expectSuccess(directory, ['validate', '-no-color'], {});
    }
  }, 120_000);

  test('credentials of another account do not get at a state', async () => {
    const other = await aws.environment(accountOf('staging'));
    const { code, output } = await terraform(
      stackOf(stacks, 'ops').directory,
      [...initArguments, '-reconfigure'],
      other,
    );
    expect(code).toBe(1);
    expect(output).toContain('AWS account ID not allowed: 222222222222');
  }, 60_000);

  test.each([
    ['nothing is given', {}, /No value for required variable/],
    [
      'what is given is no image',
      { TF_VAR_manager_image_id: 'latest', TF_VAR_prover_image_id: image },
      /manager_image_id must be an image id/,
    ],
  ])(
    'production refuses to plan when %s',
    async (_, variables, message) => {
      const stack = stackOf(stacks, 'prover-cluster-production');
      const environment = { ...(await aws.environment(accountOf('production'))), ...variables };
      await expectSuccess(stack.directory, initArguments, environment);
      const { code, output } = await terraform(stack.directory, ['plan', '-no-color'], environment);
      expect(code).toBe(1);
      expect(output).toMatch(message);
    },
    60_000,
  );

  test('a plan of staging shows the image that it will run', async () => {
    const stack = stackOf(stacks, 'prover-cluster-staging');
    const environment = { ...(await aws.environment(accountOf('staging'))), ...imageVariables };
    const plan = await expectSuccess(stack.directory, ['plan', '-no-color'], environment);
    expect(plan).toContain(image);
  }, 60_000);
}

/** `cdktf deploy` on servers of its own: the state that it makes is nobody else's. */
function cdktfDeploy(): void {
  test('deploys a stack, and the second time changes nothing', async () => {
    const aws = await startLocalAws(region);
    try {
      await bootstrapped(aws, 'staging');
      await makeImageKey(aws);
      const outdir = path.join(stackOf(stacks, 'ops').directory, '..', '..', 'cdktf-deploy');
      const deploy = (...options: readonly string[]) =>
        promisify(execFile)(
          path.resolve('node_modules/.bin/cdktf'),
          ['deploy', 'staging', '--auto-approve', '--skip-provider-lock', '--output', outdir, ...options],
          {
            env: {
              ...process.env,
              ...environment,
              CHECKPOINT_DISABLE: '1',
              CI: 'true',
              TF_CLI_ARGS_init: '-backend-config=use_path_style=true',
            },
          },
        );
      const environment = await aws.environment(accountOf('staging'));
      const s3 = new S3Client({ ...(await aws.clientSettings(accountOf('staging'))), forcePathStyle: true });
      // Its output is no proof: what Terraform writes last to its pseudo-terminal may be lost when it ends.
      const stateAfter = async ({ stdout }: { stdout: string }) => {
        expect(stdout).not.toMatch(/Error:/);
        const state = { Bucket: stateBucket(accountOf('staging'), region), Key: 'staging.tfstate' };
        const text = await (await s3.send(new GetObjectCommand(state))).Body?.transformToString();
        // Terraform lists sensitive attributes in no order of its own.
        const ordered = (name: string, value: unknown): unknown =>
          name === 'sensitive_attributes' ? undefined : value;
        const { resources } = JSON.parse(text ?? '', ordered) as {
          resources: { mode: string; type: string; name: string }[];
        };
        return resources;
      };
      const deployed = await stateAfter(await deploy());
      const made = deployed.flatMap(({ mode, type, name }) => (mode === 'managed' ? `${type}.${name}` : []));
      const { resource } = stackOf(stacks, 'staging');
      expect(made.sort()).toEqual(
        Object.entries(resource)
          .flatMap(([type, ofType]) => Object.keys(ofType).map((name) => `${type}.${name}`))
          .sort(),
      );
      // Synthesis gives the same again (`synth.test.ts`).
      expect(await stateAfter(await deploy('--skip-synth'))).toEqual(deployed);
    } finally {
      await aws.stop();
    }
  }, 300_000);
}

const source = installed('terraform') ? awsProviderSource(stackOf(stacks, 'ops').directory) : 'unreachable';
const title = `with the AWS provider ${source === 'reattached' ? 'of TF_REATTACH_PROVIDERS' : 'of the registry'}`;
const unreachable = 'the AWS provider cannot be downloaded, and TF_REATTACH_PROVIDERS is not set';

if (installed('terraform') && source === 'unreachable') {
  skipped('terraform', unreachable, () => {
    lifecycle(source);
  });
  skipped('cdktf deploy', unreachable, cdktfDeploy);
} else {
  describeWith(['terraform', localAws], `terraform, ${title}`, () => {
    if (source === 'reattached') withSchemaOfStacks();
    lifecycle(source);
  });
  describeWith(['terraform', localAws], `cdktf deploy, ${title}`, () => {
    if (source === 'reattached') withSchemaOfStacks();
    cdktfDeploy();
  });
}
