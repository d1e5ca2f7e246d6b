import { instanceRoles } from '../../../config/names';
import { DeliveryRefusedError, listed } from '../problem';
import type { ReceivedPlan } from './received';
import { planFiles, type PlanRecord } from './record';

/** What a saved plan has to be of, for it to be applied here and now. */
export interface Expected {
  /** What was approved. */
  readonly planSha256: string;
  readonly stack: string;
  readonly environment: string;
  readonly accountId: string;
  readonly region: string;
  readonly commit: string;
  readonly terraformVersion: string;
  /** Images that the build was started for, by role; those that were not given are left out. */
  readonly images: Readonly<Record<string, string>>;
}

/** Clocks of two builds may differ by this much, in minutes. */
const clockMinutes = 5;

/**
 * Everything in which a saved plan is not what it has to be, but for its age and the state: an applied plan is old, and
 * has moved the state itself.
 */
export function differences(
  { record, sha256, files, strayFolders }: ReceivedPlan,
  expected: Expected,
): readonly string[] {
  const found: string[] = [];
  const compare = (what: string, planned: string, here: string): void => {
    if (planned !== here) found.push(`${what}: the plan has ${planned}, here it is ${here}`);
  };
  if (sha256 !== expected.planSha256)
    found.push(`SHA-256: ${expected.planSha256} was approved, but the record of this plan has ${sha256}`);
  found.push(...changedFiles(record.files, files));
  found.push(...strayFolders.map((folder) => `${folder}: is a folder that is not of this plan`));
  compare('stack', record.stack, expected.stack);
  compare('environment', record.environment, expected.environment);
  compare('account', record.accountId, expected.accountId);
  compare('region', record.region, expected.region);
  compare('commit', record.commit, expected.commit);
  for (const role of instanceRoles)
    compare(`image of the ${role}`, record.images[role], expected.images[role] ?? record.images[role]);
  compare('Terraform', record.terraformVersion, expected.terraformVersion);
  return found;
}

function changedFiles(planned: PlanRecord['files'], here: ReceivedPlan['files']): string[] {
  const names = [...new Set([planFiles.plan, ...Object.keys(planned), ...Object.keys(here)])].sort();
  return names.flatMap((name) => {
    const [was, is] = [planned[name], here[name]];
    if (is === undefined) return [`${name}: is missing`];
    if (was === undefined) return [`${name}: is not of this plan`];
    return was === is ? [] : [`${name}: was changed after the plan was made`];
  });
}

/** What is wrong with the age of a plan; nothing where it may still be applied. */
export function wrongAge({ createdAt }: PlanRecord, now: Date, maxAgeHours: number): string | undefined {
  const minutes = (now.getTime() - new Date(createdAt).getTime()) / 60_000;
  if (minutes < -clockMinutes) return `age: the plan is of ${createdAt}, which is still to come`;
  if (minutes <= maxAgeHours * 60) return undefined;
  return `age: the plan is of ${createdAt}, ${(minutes / 60).toFixed(1)} hours ago; ${maxAgeHours} are allowed (PLAN_MAX_AGE_HOURS)`;
}

/** The refusal that names every difference. */
export const refusal = (found: readonly string[]): DeliveryRefusedError =>
  new DeliveryRefusedError(
    `The saved plan is not applied, and nothing was changed:${listed(found)}\n` +
      'Plan again: start the pipeline again, and approve its plan.',
  );
