import { cp } from 'node:fs/promises';
import path from 'node:path';
import type { EnvironmentConfig } from '../../../config';
import { stacks } from '../../../config/names';
import { terraformVersion } from '../../terraform/run';
import type { Access } from '../access';
import { DeliveryRefusedError } from '../problem';
import { differences, refusal, wrongAge } from './guard';
import { receivePlan } from './received';
import { planFiles, type PlanRecord } from './record';
import { advanced, movedState, readState } from './state';
import { imageVariables, lockFile, Workspace } from './workspace';

export interface ApplyPlanProps {
  readonly account: EnvironmentConfig;
  readonly access: Access;
  /** The folder that `makePlan` left, as it came through the pipeline. */
  readonly folder: string;
  /** What was approved: the SHA-256 of the folder's record. */
  readonly planSha256: string;
  readonly commit: string;
  /** Images that the build was started for, by role; those that were not given are left out. */
  readonly images: Readonly<Record<string, string>>;
  readonly maxAgeHours: number;
  /** Checks, and applies nothing. */
  readonly dryRun: boolean;
  readonly workDirectory: string;
  readonly onOutput: (text: string) => void;
}

/** What became of a saved plan. */
export interface AppliedPlan {
  readonly outcome: 'applied' | 'already applied' | 'would be applied';
  readonly record: PlanRecord;
}

/**
 * Applies a saved plan, if it is the approved one, of this commit and stack, young enough, and of the state that there
 * is. A plan that was applied before, and after which nothing is left to do, is a success: a build that died after its
 * apply can be repeated.
 *
 * @throws DeliveryRefusedError with everything that differs
 */
export async function applyPlan(props: ApplyPlanProps): Promise<AppliedPlan> {
  const { account, access } = props;
  const received = await receivePlan(props.folder, path.join(props.workDirectory, 'plan'));
  const { record, folder } = received;
  const found = differences(received, {
    planSha256: props.planSha256,
    stack: stacks.cluster(account.environment),
    environment: account.environment,
    accountId: account.accountId,
    region: account.region,
    commit: props.commit,
    images: props.images,
    terraformVersion: await terraformVersion(),
  });
  // Terraform is not given anything that differs, not even to look at the state with.
  if (found.length > 0) throw refusal(found);

  const workspace = await Workspace.of(
    path.join(folder, planFiles.stack),
    path.join(props.workDirectory, 'terraform'),
    access,
    props.onOutput,
  );
  const locked = record.files[lockFile.kept] !== undefined;
  if (locked) await cp(path.join(folder, lockFile.kept), path.join(workspace.directory, lockFile.own));
  await workspace.init(locked ? 'readonly' : 'new');
  const state = await readState(access.client, account);
  const moved = movedState(record.state, state);
  if (moved !== undefined) {
    if (advanced(record.state, state) && (await nothingLeft(workspace, record)))
      return { outcome: 'already applied', record };
    throw refusal([moved]);
  }
  const age = wrongAge(record, new Date(), props.maxAgeHours);
  if (age !== undefined) throw refusal([age]);
  if (props.dryRun) return { outcome: 'would be applied', record };
  await apply(workspace, path.resolve(folder, planFiles.plan));
  return { outcome: 'applied', record };
}

/** Whether the cluster is as the plan wanted it: a new plan of the same stack and images finds nothing to do. */
async function nothingLeft(workspace: Workspace, { images }: PlanRecord): Promise<boolean> {
  const { code } = await workspace.run(
    ['plan', '-input=false', '-no-color', '-lock-timeout=5m', '-detailed-exitcode'],
    { variables: imageVariables(images) },
  );
  // 0 is nothing to do, 2 is something, 1 an error (Terraform, "terraform plan").
  if (code !== 0 && code !== 2) throw new Error('`terraform plan` failed; its reason stands above');
  return code === 0;
}

async function apply(workspace: Workspace, plan: string): Promise<void> {
  const { code, output } = await workspace.run(['apply', '-input=false', '-no-color', '-lock-timeout=5m', plan]);
  if (code === 0) return;
  // The state moved after it was looked at; Terraform has its own guard.
  if (/Saved plan (is stale|does not match)/.test(output)) throw refusal(['state: it has moved just now']);
  throw new DeliveryRefusedError(
    'Terraform stopped in the middle of the plan; its reason stands above. The state has what was done, so this plan can ' +
      'not be used again: put the reason right, then plan again. The new plan shows what is left.',
  );
}
