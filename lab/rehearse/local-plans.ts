import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DeleteBucketPolicyCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { EnvironmentConfig } from '../../config';
import { instanceRoles, stacks, stateBucket, stateKey, type InstanceRole } from '../../config/names';
import type { Access } from '../../cli/delivery/access';
import { applyPlan, type AppliedPlan } from '../../cli/delivery/plan/apply';
import { makePlan, type MadePlan } from '../../cli/delivery/plan/make';
import { terraformBinary } from '../../cli/terraform/run';
import type { LocalAws, LocalClientSettings } from '../local-aws';
import type { WrittenStack } from './stack';

type Images = Readonly<Record<InstanceRole, string>>;

const commit = 'rehearsal';
const stackSchema = z.looseObject({ terraform: z.looseObject({ backend: z.unknown() }), variable: z.unknown() });
const stateSchema = z.looseObject({ outputs: z.record(z.string(), z.looseObject({ value: z.string() })) });

export const hasTerraform = (): boolean => spawnSync(terraformBinary(), ['version'], { stdio: 'ignore' }).status === 0;

/** Saved plans of a cluster, made and applied by Terraform itself, with the state in the account's bucket. */
export class LocalPlans {
  private constructor(
    private readonly directory: string,
    private readonly account: EnvironmentConfig,
    private readonly access: Access,
    private readonly s3: S3Client,
  ) {}

  /**
   * The AWS provider is 600 MB, so Terraform's own resources stand for those of the cluster: backend and variables are
   * the stack's.
   */
  static async of(
    directory: string,
    account: EnvironmentConfig,
    aws: LocalAws,
    client: LocalClientSettings,
    stack: WrittenStack,
  ): Promise<LocalPlans> {
    const { terraform, variable } = stackSchema.parse(JSON.parse(await readFile(stack.file('cdk.tf.json'), 'utf8')));
    const images = instanceRoles.map((role) => [role, `\${var.${role}_image_id}`] as const);
    const standIn = {
      terraform: { backend: terraform.backend },
      variable,
      resource: { terraform_data: Object.fromEntries(images.map(([role, input]) => [role, { input }])) },
      output: Object.fromEntries(images.map(([role, value]) => [`${role}_image_id`, { value }])),
    };
    await mkdir(path.join(directory, 'stack'), { recursive: true });
    await writeFile(path.join(directory, 'stack', 'cdk.tf.json'), JSON.stringify(standIn));
    const s3 = new S3Client({ ...client, forcePathStyle: true });
    // It refuses plain HTTP, which the local AWS speaks.
    await s3.send(new DeleteBucketPolicyCommand({ Bucket: stateBucket(account.accountId, account.region) }));
    const environment = await aws.environment(account.accountId);
    const access = { client, environment, initArguments: ['-backend-config=use_path_style=true'] };
    return new LocalPlans(directory, account, access, s3);
  }

  /** Plans with these images, into a folder of that name. */
  plan(images: Images, name: string): Promise<MadePlan> {
    return makePlan({
      ...this.common(name),
      images,
      remarks: [],
      build: 'rehearsal',
      stackDirectory: path.join(this.directory, 'stack'),
    });
  }

  /** Applies the plan of a name, where this is the SHA-256 that was approved. */
  apply(name: string, planSha256: string): Promise<AppliedPlan> {
    return applyPlan({ ...this.common(name), planSha256, images: {}, maxAgeHours: 1, dryRun: false });
  }

  /** The images that the state has. */
  async images(): Promise<Images> {
    const { accountId, region, environment } = this.account;
    const { Body } = await this.s3.send(
      new GetObjectCommand({ Bucket: stateBucket(accountId, region), Key: stateKey(stacks.cluster(environment)) }),
    );
    const { outputs } = stateSchema.parse(JSON.parse((await Body?.transformToString()) ?? ''));
    return { manager: outputs['manager_image_id']?.value ?? '', prover: outputs['prover_image_id']?.value ?? '' };
  }

  private common(name: string) {
    const { account, access, directory } = this;
    const [folder, workDirectory] = [path.join(directory, name), path.join(directory, 'work')];
    return { account, access, commit, folder, workDirectory, onOutput: () => undefined };
  }
}
