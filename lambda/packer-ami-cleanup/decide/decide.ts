import type { ImageFacts, RetirementRules, Use, Uses } from './facts';
import { changes, progressOf, type Change, type Phase, type Progress } from './phase';

/** What is to be done with an image: a change of its phase, or what keeps EC2's record of it right. */
export type Action = Change | 'protect' | 'unprotect' | 'record' | 'forget';

/** What becomes of an image, and why. */
export interface Decision {
  readonly image: ImageFacts;
  readonly phase: Phase;
  /** When the next change of its phase would be due, in ms; absent where none will be. */
  readonly due?: number;
  /** In their order; none for an image that stays as it is. At most one of them changes its phase, the last. */
  readonly actions: readonly Action[];
  /** Why its phase does not change; none where it does. */
  readonly reasons: readonly string[];
  readonly uses: readonly Use[];
  /** Whether an operator has to look: something uses an image that can't be launched any more. */
  readonly isProblem: boolean;
}

/**
 * Decides about every image. A pure function of its arguments: their order does not matter, and the result is in order of
 * image ids.
 *
 * An image changes its phase only where nothing speaks for it. Of the changes that are due, those that free something come
 * first, then the oldest images; those beyond `changesPerRun` are left to the next run.
 *
 * @param uses everything that uses an image in any account, without gaps: an image that is left out is taken for unused
 * @param now in ms
 */
export function decide(
  images: readonly ImageFacts[],
  uses: Uses,
  rules: RetirementRules,
  now: number,
): readonly Decision[] {
  const progress = progressOf(images, rules, now);
  const decisions = [...images]
    .sort((one, other) => (one.imageId < other.imageId ? -1 : 1))
    .map((image) => decisionOn(image, uses.get(image.imageId) ?? [], progress.get(image.imageId), rules, now));
  return withinCap(decisions, rules.changesPerRun);
}

/** The change of its phase, if there is one. */
export const changeOf = ({ actions }: Decision): Change | undefined =>
  changes.find((change) => actions.includes(change));

function decisionOn(
  image: ImageFacts,
  uses: readonly Use[],
  { phase, next }: Progress = { phase: 'current' },
  rules: RetirementRules,
  now: number,
): Decision {
  const kept = reasonsToKeep(image, uses, phase, rules, now);
  const waits = next !== undefined && next.due > now;
  const isFree = kept.length === 0 && next !== undefined && !waits;
  // A protection of this function's own is taken away by the run that finds the image released no longer.
  const isRefused = isFree && next.change === 'deregister' && image.isProtected;
  const change = isFree && !isRefused ? next.change : undefined;
  return {
    image,
    phase,
    ...(next !== undefined && { due: next.due }),
    actions: [...recordsOf(image, uses), ...(change === undefined ? [] : [change])],
    reasons: [
      ...kept,
      ...(kept.length === 0 && waits ? [`${next.change} is due on ${dayOf(next.due)}`] : []),
      ...(isRefused ? ['it has deregistration protection'] : []),
      ...(kept.length === 0 && phase === 'disabled' && next === undefined
        ? ['nothing shows since when it is disabled']
        : []),
    ],
    uses,
    isProblem: phase === 'disabled' && uses.length > 0,
  };
}

/** Everything that speaks for an image, in words that a report shows. */
function reasonsToKeep(
  image: ImageFacts,
  uses: readonly Use[],
  phase: Phase,
  rules: RetirementRules,
  now: number,
): readonly string[] {
  const { state, created, keep, lastLaunchedAt } = image;
  const since = (days: number): number => now - days * dayMs;
  const launched = lastLaunchedAt !== undefined && !(lastLaunchedAt < since(rules.lastLaunchedDays));
  const reasons: readonly (string | false)[] = [
    uses.length > 0 && 'it is in use',
    keep !== undefined && `it has the tag Keep${keep === '' ? '' : `: ${keep}`}`,
    state !== 'available' && state !== 'disabled' && `its state is ${state}`,
    Number.isNaN(created) && 'its creation date is unknown',
    created > since(rules.minimumAgeDays) && `it is younger than ${rules.minimumAgeDays} days`,
    phase === 'current' && `it is one of the newest ${rules.keepNewest}`,
    launched && `it was launched in the last ${rules.lastLaunchedDays} days`,
  ];
  return reasons.filter((reason) => reason !== false);
}

/** What keeps EC2's record of an image right, whatever its phase. */
function recordsOf(image: ImageFacts, uses: readonly Use[]): readonly Action[] {
  const isReleased = uses.some(({ isRelease = false }) => isRelease);
  const isDisabled = image.state === 'disabled';
  const actions: readonly (Action | false)[] = [
    isReleased && !image.isProtected && image.state === 'available' && 'protect',
    !isReleased && image.isProtectedHere && 'unprotect',
    isDisabled && image.disabledAt === undefined && 'record',
    // Else a later day on which an operator disables it would count from here.
    image.state === 'available' && image.disabledAt !== undefined && 'forget',
  ];
  return actions.filter((action) => action !== false);
}

function withinCap(decisions: readonly Decision[], cap: number): readonly Decision[] {
  const due = decisions.flatMap((decision) => {
    const change = changeOf(decision);
    return change === undefined ? [] : [{ change, image: decision.image }];
  });
  due.sort(
    (one, other) =>
      changes.indexOf(other.change) - changes.indexOf(one.change) ||
      one.image.created - other.image.created ||
      (one.image.imageId < other.image.imageId ? -1 : 1),
  );
  const left = new Set(due.slice(cap).map(({ image }) => image.imageId));
  return decisions.map((decision) => {
    const change = changeOf(decision);
    if (change === undefined || !left.has(decision.image.imageId)) return decision;
    return {
      ...decision,
      actions: decision.actions.filter((action) => action !== change),
      reasons: [`${change} is left to the next run: one run changes at most ${cap} images`],
    };
  });
}

const dayMs = 24 * 3600 * 1000;
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
