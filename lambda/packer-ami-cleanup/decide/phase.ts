import type { ImageFacts, RetirementRules } from './facts';

/** The step of its retirement that an image has come to. */
export type Phase = 'current' | 'superseded' | 'deprecated' | 'disabled';

/** What brings an image into the next phase; the last of them cannot be undone. */
export const changes = ['deprecate', 'disable', 'deregister'] as const;
export type Change = (typeof changes)[number];

/** Where an image is, since when (in ms), and when the next change is due; a current image has neither. */
export interface Progress {
  readonly phase: Phase;
  readonly since?: number;
  readonly next?: { readonly change: Change; readonly due: number };
}

const dayMs = 24 * 3600 * 1000;

/**
 * The place of each image in its retirement, by its id. It depends on what EC2 has of the images, on nothing that a run
 * keeps to itself: a run that was cut short loses nothing.
 */
export function progressOf(
  images: readonly ImageFacts[],
  rules: RetirementRules,
  now: number,
): ReadonlyMap<string, Progress> {
  const supersededAt = supersessions(images, rules.keepNewest, now);
  return new Map(images.map((image) => [image.imageId, progress(image, supersededAt.get(image.imageId), rules, now)]));
}

/** When each image became one too many; the newest that can be launched are left out. */
function supersessions(images: readonly ImageFacts[], keepNewest: number, now: number): ReadonlyMap<string, number> {
  const families = new Map<string, ImageFacts[]>();
  for (const image of images.filter((one) => isUsable(one, now)).sort(newestFirst)) {
    const family = families.get(image.family);
    if (family === undefined) families.set(image.family, [image]);
    else family.push(image);
  }
  const inOrder = new Map(
    [...families.values()].flatMap((ordered) =>
      ordered.map(({ imageId }, index) => [imageId, ordered[index - keepNewest]?.created] as const),
    ),
  );
  return new Map(
    images.flatMap(({ imageId, created }) => {
      // What cannot be launched takes no place among the newest: it is superseded from the start.
      const at = inOrder.has(imageId) ? inOrder.get(imageId) : created;
      return at === undefined ? [] : [[imageId, at] as const];
    }),
  );
}

function progress(image: ImageFacts, superseded: number | undefined, rules: RetirementRules, now: number): Progress {
  const after = (since: number, days: number): number => Math.max(since, image.undoneAt ?? since) + days * dayMs;
  if (image.state === 'disabled') {
    const { disabledAt: since } = image;
    if (since === undefined) return { phase: 'disabled' };
    return { phase: 'disabled', since, next: { change: 'deregister', due: after(since, rules.disabledDays) } };
  }
  if (isDeprecated(image, now)) {
    const since = image.deprecatedAt ?? now;
    return { phase: 'deprecated', since, next: { change: 'disable', due: after(since, rules.deprecatedDays) } };
  }
  if (superseded === undefined) return { phase: 'current' };
  const due = after(superseded, rules.supersededDays);
  return { phase: 'superseded', since: superseded, next: { change: 'deprecate', due } };
}

/** Whether instances may be launched from it, and a pointer may name it. */
const isUsable = (image: ImageFacts, now: number): boolean =>
  image.state === 'available' &&
  image.isComplete &&
  !image.isWithdrawn &&
  !isDeprecated(image, now) &&
  !Number.isNaN(image.created);

/** EC2 takes no time that is past: what was deprecated a moment ago is so in a minute or two. */
const soonMs = 300_000;

const isDeprecated = ({ deprecatedAt }: ImageFacts, now: number): boolean =>
  deprecatedAt !== undefined && deprecatedAt <= now + soonMs;

/** By creation date, then by id: dates can be the same, and the order of an answer means nothing. */
function newestFirst(one: ImageFacts, other: ImageFacts): number {
  if (one.created !== other.created) return other.created - one.created;
  return one.imageId < other.imageId ? 1 : -1;
}
