import { imageTags, pointerName } from '../../../../config/names';
import type { MemoryImage } from '../memory-aws';
import { modelKinds, type Change, type World } from './world';

/** An image that the factory gives out, at this time. */
export const isGood = ({ state, tags, deprecation, permissions }: MemoryImage, now = Date.now()): boolean =>
  state === 'available' &&
  !tags.has('Withdrawn') &&
  !permissions.has('all') &&
  (deprecation === undefined || Date.parse(deprecation) > now);

/** Whether an account can launch instances of an image. */
const canStart = (world: World, imageId: string, accountId: string): boolean => {
  const image = world.images.get(imageId);
  return image?.state === 'available' && image.permissions.has(accountId) && !image.tags.has('Withdrawn');
};

const sorted = (items: Iterable<string>): string => [...items].sort().join(', ');

/**
 * What is not as it should be after a reconcile run without faults; nothing where all is right.
 *
 * @param failure the error of that run, which must name what it could not put right
 */
export function violations(world: World, failure = ''): readonly string[] {
  const found: string[] = [];
  for (const image of world.list().filter(({ state, id }) => state === 'available' && !world.stuck.has(id))) {
    const accounts = sorted(image.permissions);
    if (isGood(image) && accounts !== '' && !image.imdsV2)
      found.push(`${image.id} is shared, and its instances could start without IMDSv2`);
    if (isGood(image) && accounts !== sorted(world.configured))
      found.push(`${image.id} is shared with ${accounts}, and not with ${sorted(world.configured)}`);
    // EC2 rounds the time to the nearest minute.
    if (image.tags.has('Withdrawn') && !(Date.parse(image.deprecation ?? '') < Date.now() + 300_000))
      found.push(`${image.id} is withdrawn, and not deprecated`);
    for (const permission of image.permissions)
      if (!world.configured.has(permission)) found.push(`${image.id} is given to ${permission}`);
  }
  for (const accountId of world.configured) {
    const { parameters, tags } = world.account(accountId);
    for (const image of world.list().filter((one) => isGood(one) && one.permissions.has(accountId)))
      for (const tag of imageTags)
        if (image.tags.has(tag) && tags.get(image.id)?.get(tag) !== image.tags.get(tag))
          found.push(`${accountId} does not see the tag ${tag} of ${image.id}`);
    for (const kind of modelKinds) {
      const latest = parameters.get(pointerName(kind, 'latest'));
      const pin = parameters.get(pointerName(kind, 'pinned'));
      const pinned = pin === undefined ? undefined : world.images.get(pin);
      // It stays on an image whose permission EC2 refuses to repair: the run reports that, and a later one gives it.
      if (latest !== undefined && world.stuck.has(latest) && failure.includes(latest)) continue;
      const newest = world
        .list(kind)
        .filter((image) => isGood(image) && image.permissions.has(accountId))
        .at(-1);
      if (pin !== undefined) {
        // A retired image is given to no further account: a pin on one that the account may not launch is reported.
        const isReported = pinned?.permissions.has(accountId) === false && failure.includes(pin);
        if (pinned?.state === 'available' && latest !== pin && !isReported)
          found.push(`${kind} of ${accountId} is ${latest}, and not its pin ${pin}`);
        if (pinned?.state === 'available' && pinned.tags.has('Withdrawn') && !failure.includes(pin))
          found.push(`${kind} of ${accountId} is pinned to ${pin}, which is withdrawn, and the run does not report it`);
        if (pinned?.state !== 'available' && !failure.includes(pin))
          found.push(`${kind} of ${accountId} is pinned to ${pin}, which is gone, and the run does not report it`);
      } else if (newest === undefined && latest !== undefined && !canStart(world, latest, accountId)) {
        if (!failure.includes(latest))
          found.push(`${kind} of ${accountId} is ${latest}, which cannot start, and the run does not report it`);
      } else if (newest !== undefined && latest !== newest.id)
        found.push(`${kind} of ${accountId} is ${latest}, and not the newest good image ${newest.id}`);
    }
  }
  return found;
}

/**
 * Changes that no event names, of the same run or a later one. A withdrawal that was cut short is found by its tags: not
 * where the image was deregistered since, and where it is disabled only once it is enabled again. A public image is made
 * private though the bus takes nothing.
 */
export const unannounced = (world: World): readonly string[] =>
  world.changes.flatMap(({ invocation, what, imageId }) => {
    const names = what === 'withdrawal' ? `"type":"AMI Withdrawn","detail":{"imageId":"${imageId}"` : imageId;
    const isOutOfSight = what === 'withdrawal' && world.images.get(imageId)?.state !== 'available';
    const madePrivate = (one: Change) =>
      one.what === 'private' && one.imageId === imageId && one.invocation === invocation;
    if (what !== 'withdrawal' && world.withoutBus.has(invocation) && world.changes.some(madePrivate)) return [];
    return isOutOfSight || world.announced.some((event) => event.invocation >= invocation && event.text.includes(names))
      ? []
      : [`${what} of ${imageId} is in no event`];
  });
