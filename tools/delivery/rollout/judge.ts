import type { GroupState } from './group';

/** How far a group is: it runs the image, it is on its way, or it will not get there by itself. */
export type Verdict =
  /** `machines` are in service, healthy and of this image; none of a group that is empty on purpose. */
  | { readonly is: 'done'; readonly says: string; readonly machines: number }
  | { readonly is: 'going'; readonly says: string }
  | { readonly is: 'failed'; readonly says: string };

/** States of a refresh that end by themselves (Auto Scaling API Reference, "InstanceRefresh"). */
const active = ['Pending', 'InProgress', 'Cancelling', 'RollbackInProgress', 'Baking'];

/**
 * Judges a group by what its machines are, and not by what was asked for: the group is to run this image, its newest
 * refresh did not fail, and as many machines as it wants are healthy, in service, and launched from that very template.
 * A group that wants no machines runs nothing that could fail.
 */
export function judge({ name, desired, version, imageId, machines, refresh }: GroupState, wanted: string): Verdict {
  const failed = (why: string): Verdict => ({ is: 'failed', says: `${name}: ${why}` });
  const status = refresh?.Status ?? '';
  if (active.includes(status)) {
    const percent = refresh?.PercentageComplete;
    const reason = refresh?.StatusReason;
    const progress = `refresh ${status}${percent === undefined ? '' : `, ${percent} %`}${reason === undefined ? '' : `: ${reason}`}`;
    return { is: 'going', says: `${name}: ${progress}` };
  }
  if (refresh !== undefined && status !== 'Successful')
    return failed(
      `the instance refresh ${refresh.InstanceRefreshId ?? ''} ended with ${status}: ${refresh.StatusReason ?? 'no reason given'}; ` +
        `once that is put right, deploy again, or start it again: aws autoscaling start-instance-refresh --auto-scaling-group-name ${name}`,
    );
  if (imageId !== wanted)
    return failed(
      `it is to run ${imageId ?? 'no image'}, not ${wanted}; it was rolled back, or somebody else deployed`,
    );
  const inService = machines.filter((machine) => machine.inService);
  const old = inService.filter((machine) => machine.version !== version);
  if (old.length > 0)
    return failed(
      `${old.map(({ id }) => id).join(', ')} still run version ${[...new Set(old.map((machine) => machine.version ?? '?'))].join(', ')} ` +
        `of the template, not ${version}, and no refresh is replacing them; start one: aws autoscaling start-instance-refresh --auto-scaling-group-name ${name}`,
    );
  const healthy = inService.filter((machine) => machine.healthy).length;
  const count = `${healthy} of ${desired} machines in service and healthy on ${wanted}`;
  return healthy >= desired
    ? { is: 'done', says: `${name}: ${count}`, machines: healthy }
    : { is: 'going', says: `${name}: ${count}` };
}
