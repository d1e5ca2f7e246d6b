import type { InstanceRefresh } from '@aws-sdk/client-auto-scaling';
import type { GroupRollout } from '../../../config/rollout';
import { isActive, type GroupState, type GroupInstance } from './group';
import { isWanted, launchedOf } from './matching';
import { failedRefresh } from './progress';

/** What brings a group nearer to what is wanted. */
export type Step =
  /** A refresh towards it runs, or is being rolled back: follow it to its end. */
  | { readonly do: 'follow'; readonly refresh: InstanceRefresh }
  /** Another refresh is on its way out. */
  | { readonly do: 'wait'; readonly refresh: InstanceRefresh }
  /** Another refresh runs, which would only end hours later. */
  | { readonly do: 'cancel'; readonly refresh: InstanceRefresh }
  /** There is nothing to replace: what the group launches is all that changes. */
  | { readonly do: 'save' }
  | { readonly do: 'start' }
  | { readonly do: 'nothing' };

const matches =
  ({ desiredConfiguration }: GroupRollout) =>
  ({ templateId, version, type }: GroupInstance): boolean => {
    const wanted = launchedOf(desiredConfiguration);
    const ofType = type === undefined || wanted.types === undefined || wanted.types.includes(type);
    return (templateId ?? wanted.templateId) === wanted.templateId && version === wanted.version && ofType;
  };

/**
 * The step follows from what AWS shows alone, so that a rollout that died goes on where it was.
 *
 * A refresh without a desired configuration, such as a person starts to replace instances, brings what the group has.
 */
export function nextStep(group: GroupState, wanted: GroupRollout): Step {
  const { saved, refreshes, instances, desired } = group;
  const active = refreshes.find(isActive);
  if (active !== undefined) {
    if (isWanted(active.DesiredConfiguration ?? saved, wanted)) return { do: 'follow', refresh: active };
    const leaving = active.Status === 'Cancelling' || active.Status === 'RollbackInProgress';
    return { do: leaving ? 'wait' : 'cancel', refresh: active };
  }
  const savedIsWanted = isWanted(saved, wanted);
  if (instances.length === 0 && desired === 0) return { do: savedIsWanted ? 'nothing' : 'save' };
  const done = savedIsWanted && instances.every(matches(wanted)) && failedRefresh(group) === undefined;
  return { do: done ? 'nothing' : 'start' };
}
