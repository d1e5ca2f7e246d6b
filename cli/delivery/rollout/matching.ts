import type { DesiredConfiguration } from '@aws-sdk/client-auto-scaling';
import type { GroupRollout } from '../../../config/rollout';

/** What a group launches: of a template, and of which types where they are named. */
export interface Launched {
  readonly templateId: string | undefined;
  readonly version: string | undefined;
  /** Undefined where the template alone names the type. */
  readonly types: readonly string[] | undefined;
}

/** @param configuration of a group or of a refresh; both have the same two parts */
export function launchedOf({ LaunchTemplate, MixedInstancesPolicy }: DesiredConfiguration): Launched {
  const { LaunchTemplateSpecification: mixed, Overrides } = MixedInstancesPolicy?.LaunchTemplate ?? {};
  const template = LaunchTemplate ?? mixed;
  return {
    templateId: template?.LaunchTemplateId,
    version: template?.Version,
    types: LaunchTemplate === undefined ? Overrides?.map(({ InstanceType = '' }) => InstanceType) : undefined,
  };
}

/** Whether all that is wanted is there; AWS answers with more, such as defaults and the template's name. */
export function includes(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(found) &&
      found.length === wanted.length &&
      wanted.every((item, index) => includes(found[index], item))
    );
  if (typeof wanted !== 'object' || wanted === null) return found === wanted;
  if (typeof found !== 'object' || found === null) return false;
  return Object.entries(wanted).every(([key, value]) => includes((found as Record<string, unknown>)[key], value));
}

/** Whether a group's or a refresh's configuration is the wanted one. */
export const isWanted = (found: DesiredConfiguration | undefined, { desiredConfiguration }: GroupRollout): boolean =>
  includes(found, desiredConfiguration);
