import type { InstanceRefresh } from '@aws-sdk/client-auto-scaling';
import { isActive, type GroupState } from './group';
import { launchedOf } from './matching';

/** How far a group is: it runs the image, it is on its way, or it will not get there by itself. */
export type Progress =
  /** `instances` are in service, healthy and of this image; none of a group that is empty on purpose. */
  | { readonly is: 'done'; readonly text: string; readonly instances: number }
  | { readonly is: 'going'; readonly text: string }
  | { readonly is: 'failed'; readonly text: string };

/** How far a refresh is, in words. */
export function refreshText({ Status, PercentageComplete, StatusReason }: InstanceRefresh): string {
  const percent = PercentageComplete === undefined ? '' : `, ${PercentageComplete} %`;
  return `refresh ${Status ?? '?'}${percent}${StatusReason === undefined ? '' : `: ${StatusReason}`}`;
}

/** How a refresh ended, in words. */
export const endText = ({ InstanceRefreshId = '', Status, StatusReason, RollbackDetails }: InstanceRefresh) =>
  `the instance refresh ${InstanceRefreshId} ended with ${Status ?? '?'}: ` +
  (RollbackDetails?.RollbackReason ?? StatusReason ?? 'no reason given');

/**
 * The newest refresh, where it ended badly and was meant to bring what the group runs. One towards another version was
 * rolled back or cancelled for this one, and no longer matters.
 */
export function failedRefresh({ refreshes: [newest], saved }: GroupState): InstanceRefresh | undefined {
  if (newest === undefined || isActive(newest) || newest.Status === 'Successful') return undefined;
  const { DesiredConfiguration: aim } = newest;
  return aim === undefined || launchedOf(aim).version === launchedOf(saved).version ? newest : undefined;
}

/**
 * Looks at what the instances of a group are, and not at what was asked for: the group is to run this image, and as many
 * instances as it wants are healthy, in service, and launched from that very template. A group that wants no instances
 * runs nothing that could fail.
 */
export function progressOf(group: GroupState, wanted: string): Progress {
  const { name, desired, version, imageId, instances, refreshes } = group;
  const failed = (why: string): Progress => ({ is: 'failed', text: `${name}: ${why}` });
  const active = refreshes.find(isActive);
  if (active !== undefined) return { is: 'going', text: `${name}: ${refreshText(active)}` };
  const [newest] = refreshes;
  const last = newest === undefined || newest.Status === 'Successful' ? '' : `; ${endText(newest)}`;
  if (imageId !== wanted) return failed(`it is to run ${imageId ?? 'no image'}, not ${wanted}${last}`);
  const inService = instances.filter((instance) => instance.inService);
  const old = inService.filter((instance) => instance.version !== version);
  if (old.length > 0)
    return failed(
      `${old.map(({ id }) => id).join(', ')} still run version ${[...new Set(old.map((instance) => instance.version ?? '?'))].join(', ')} ` +
        `of the template, not ${version}, and no refresh is replacing them${last}`,
    );
  const bad = instances.length === 0 && desired === 0 ? undefined : failedRefresh(group);
  if (bad !== undefined) return failed(`it runs ${wanted}, but ${endText(bad)}`);
  const healthy = inService.filter((instance) => instance.healthy).length;
  const count = `${healthy} of ${desired} instances in service and healthy on ${wanted}`;
  return healthy >= desired
    ? { is: 'done', text: `${name}: ${count}`, instances: healthy }
    : { is: 'going', text: `${name}: ${count}` };
}
