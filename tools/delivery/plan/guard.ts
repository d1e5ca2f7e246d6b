import { nodeRoles } from '../../../config/names';
import { DeliveryRefused, listed } from '../problem';
import { planFiles, type PlanRecord, type ReadRecord } from './record';
import type { StateIdentity } from './workspace';

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
  /** Images that the build was started for, by role; those that it was not told are left out. */
  readonly images: Readonly<Record<string, string>>;
  /** SHA-256 of the files that are there. */
  readonly files: Readonly<Record<string, string>>;
}

/** Clocks of two builds may differ by this much, in minutes. */
const clockMinutes = 5;

/**
 * Everything in which a saved plan is not what it has to be, but for its age and the state: an applied plan is old, and
 * has moved the state itself.
 */
export function differences({ record, sha256 }: ReadRecord, expected: Expected): readonly string[] {
  const found: string[] = [];
  const compare = (what: string, planned: string, here: string): void => {
    if (planned !== here) found.push(`${what}: the plan has ${planned}, here it is ${here}`);
  };
  if (sha256 !== expected.planSha256)
    found.push(`SHA-256: ${expected.planSha256} was approved, but the record of this plan has ${sha256}`);
  found.push(...changedFiles(record.files, expected.files));
  compare('stack', record.stack, expected.stack);
  compare('environment', record.environment, expected.environment);
  compare('account', record.accountId, expected.accountId);
  compare('region', record.region, expected.region);
  compare('commit', record.commit, expected.commit);
  for (const role of nodeRoles)
    compare(`image of the ${role}`, record.images[role], expected.images[role] ?? record.images[role]);
  compare('Terraform', record.terraformVersion, expected.terraformVersion);
  return found;
}

function changedFiles(planned: PlanRecord['files'], here: Expected['files']): string[] {
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

const named = (state: StateIdentity): string =>
  state === null ? 'no state' : `serial ${state.serial} of ${state.lineage}`;

/** How the state is not the one that the plan was made from; nothing where it is. */
export function movedState(planned: StateIdentity, here: StateIdentity): string | undefined {
  if (planned?.lineage === here?.lineage && planned?.serial === here?.serial) return undefined;
  return `state: the plan is made from ${named(planned)}, and there is ${named(here)} now`;
}

/** Whether the state went on from the plan's, as it does when the plan is applied, and not back or to another. */
export const wentOn = (planned: StateIdentity, here: StateIdentity): boolean =>
  here !== null && (planned === null || (planned.lineage === here.lineage && here.serial > planned.serial));

/** The refusal that names every difference. */
export const refusal = (found: readonly string[]): DeliveryRefused =>
  new DeliveryRefused(
    `The saved plan is not applied, and nothing was changed:${listed(found)}\n` +
      'Plan again: start the pipeline anew, and approve its plan.',
  );
