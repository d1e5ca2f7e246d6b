import { existsSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EC2Client } from '@aws-sdk/client-ec2';
import type { EnvironmentConfig } from '../../../config';
import { stacks, type InstanceRole } from '../../../config/names';
import { terraformVersion } from '../../terraform/run';
import type { Access } from '../access';
import { imagesById } from '../images/describe';
import { changesOf, planSchema } from '../summary/changes';
import { imageIdsIn, type KnownImages } from '../summary/images';
import { summaryOf, type Summary } from '../summary/summary';
import { hashFiles, planFiles, recordText, sha256, type PlanRecord } from './record';
import { readState } from './state';
import { copyStack, imageVariables, lockFile, Workspace } from './workspace';

export interface MakePlanProps {
  readonly account: EnvironmentConfig;
  readonly access: Access;
  readonly images: Readonly<Record<InstanceRole, string>>;
  /** What is worth a reviewer's attention beside the plan. */
  readonly remarks: readonly string[];
  readonly commit: string;
  readonly build: string;
  /** The folder of the synthesized stack. */
  readonly stackDirectory: string;
  /** Where the plan goes, with all that belongs to it; what was there is removed. */
  readonly folder: string;
  /** A place for Terraform's own files. */
  readonly workDirectory: string;
  readonly onOutput: (text: string) => void;
}

/** A saved plan. */
export interface MadePlan {
  readonly record: PlanRecord;
  readonly sha256: string;
  readonly summary: Summary;
}

/** Plans a cluster, and saves the plan with what is needed to apply exactly that, and to review it. */
export async function makePlan(props: MakePlanProps): Promise<MadePlan> {
  const { account, access, images, folder, stackDirectory } = props;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const workspace = await Workspace.of(stackDirectory, props.workDirectory, access, props.onOutput);
  await workspace.init('new');
  // Before the plan: where another apply comes in between, the plan is refused later, and never the other way round.
  const state = await readState(access.client, account);
  const file = path.resolve(folder, planFiles.plan);
  await workspace.must(['plan', '-input=false', '-no-color', '-lock-timeout=5m', `-out=${file}`], {
    variables: imageVariables(images),
  });

  const { stdout } = await workspace.must(['show', '-json', file], { quiet: true });
  const plan = planSchema.parse(JSON.parse(stdout));
  const known = await knownImages(access, imageIdsIn(changesOf(plan)));
  const summary = summaryOf(plan, {
    stack: stacks.cluster(account.environment),
    images: known,
    remarks: props.remarks,
  });

  await copyStack(stackDirectory, path.join(folder, planFiles.stack));
  const lock = path.join(workspace.directory, lockFile.own);
  if (existsSync(lock)) await cp(lock, path.join(folder, lockFile.kept));
  await writeFile(path.join(folder, planFiles.summary), summary.markdown);
  const record: PlanRecord = {
    format: 2,
    stack: stacks.cluster(account.environment),
    environment: account.environment,
    accountId: account.accountId,
    region: account.region,
    commit: props.commit,
    build: props.build,
    createdAt: new Date().toISOString(),
    terraformVersion: await terraformVersion(),
    images,
    state,
    files: await hashFiles(folder),
  };
  const text = recordText(record);
  await writeFile(path.join(folder, planFiles.record), text);
  return { record, sha256: sha256(text), summary };
}

/** The names of images: they carry kind and version. */
async function knownImages({ client }: Access, ids: readonly string[]): Promise<KnownImages> {
  const images = await imagesById(new EC2Client(client), ids);
  return new Map([...images].flatMap(([id, { Name }]) => (Name === undefined ? [] : [[id, Name] as const])));
}
