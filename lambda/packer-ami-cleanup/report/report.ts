import { changeOf, type Action, type Decision } from '../decide/decide';
import type { Use } from '../decide/facts';
import { changes, type Change, type Phase } from '../decide/phase';
import type { Changed } from '../actions/change-images';
import type { FailedSource } from '../errors';
import type { Removed } from '../leftovers/remove';
import type { Run } from '../run';

/** One image in a report. */
export interface ReportedImage {
  readonly imageId: string;
  readonly name: string;
  /** Before the run. */
  readonly phase: Phase;
  /** `keep`, or what was done (in a dry run: what would be). */
  readonly outcome: 'keep' | Change;
  /** Other things that were done with it. */
  readonly records: readonly Action[];
  /** Why it is kept, or why what was decided was not done. */
  readonly reasons: readonly string[];
  /** The first of the resources that use it, as account, what it is, and its name. */
  readonly usedBy: readonly string[];
  /** How many there are. */
  readonly uses: number;
  /** When the next change of its phase would be due. */
  readonly due?: string;
  /** Sizes of its volumes, added up. */
  readonly gib: number;
}

/** What a run came to: the numbers of its report. */
export interface Summary {
  readonly runId: string;
  readonly time: string;
  readonly dryRun: boolean;
  readonly images: number;
  readonly kept: number;
  readonly changed: Readonly<Record<Change, number>>;
  readonly leftovers: Readonly<Record<Removed['outcome'], number>>;
  /** What deregistered images, and volumes and snapshots of dead builds, held at most: snapshots share what is the same. */
  readonly freedGiB: number;
  /** What that cost a month at most. */
  readonly freedUsdPerMonth: number;
  /** Changes that failed, and images that are used and cannot be launched. */
  readonly problems: readonly string[];
  /** Sources that did not answer: nothing was changed then. */
  readonly failedSources: readonly FailedSource[];
}

/** The report of one run. */
export interface Report {
  readonly summary: Summary;
  readonly images: readonly ReportedImage[];
  readonly leftovers: readonly Removed[];
}

/** Uses of an image that a report shows: hundreds of instances have the same. */
const usesShown = 5;

/** The report of a run that could look at everything. */
export function reportOf(
  run: Run,
  decisions: readonly Decision[],
  changed: readonly Changed[],
  leftovers: readonly Removed[],
): Report {
  const byId = new Map(changed.map((one) => [one.imageId, one]));
  const images = decisions.map((decision) => reported(decision, byId.get(decision.image.imageId)));
  const gone = images.filter(({ outcome }) => outcome === 'deregister');
  const removed = leftovers.filter(({ outcome }) => outcome === 'removed');
  const freedGiB = [...gone, ...removed].reduce((sum, { gib = 0 }) => sum + gib, 0);
  return {
    summary: {
      ...head(run),
      images: images.length,
      kept: images.length - gone.length,
      changed: countsOf(
        changes,
        images.map(({ outcome }) => outcome),
      ),
      leftovers: countsOf(
        ['removed', 'left', 'failed'] as const,
        leftovers.map(({ outcome }) => outcome),
      ),
      freedGiB,
      freedUsdPerMonth: Math.round(freedGiB * run.settings.snapshotUsdPerGiBMonth * 100) / 100,
      problems: [
        ...changed.flatMap(({ imageId, error }) => (error === undefined ? [] : [`${imageId}: ${error}`])),
        ...leftovers.flatMap(({ what, id, outcome, reason = '' }) =>
          outcome === 'failed' ? [`${what} ${id}: ${reason}`] : [],
        ),
        ...decisions.filter(({ isProblem }) => isProblem).map(({ image, uses }) => unusable(image.imageId, uses)),
      ],
      failedSources: [],
    },
    images,
    leftovers,
  };
}

/** The report of a run that could not, and changed nothing. */
export const failedReport = (run: Run, images: number, failedSources: readonly FailedSource[]): Report => ({
  summary: {
    ...head(run),
    images,
    kept: images,
    changed: countsOf(changes, []),
    leftovers: { removed: 0, left: 0, failed: 0 },
    freedGiB: 0,
    freedUsdPerMonth: 0,
    problems: [],
    failedSources,
  },
  images: [],
  leftovers: [],
});

const head = ({ id, now, dryRun }: Run) => ({ runId: id, time: new Date(now).toISOString(), dryRun });

function reported(decision: Decision, changed: Changed | undefined): ReportedImage {
  const { image, phase, due, reasons, uses } = decision;
  const { done = [], error, left } = changed ?? {};
  const change = changeOf(decision);
  const isDone = change !== undefined && done.includes(change);
  return {
    imageId: image.imageId,
    name: image.name,
    phase,
    outcome: isDone ? change : 'keep',
    records: done.filter((action) => action !== change),
    reasons: [...reasons, ...[error, left].flatMap((reason) => reason ?? [])],
    usedBy: uses.slice(0, usesShown).map(nameOf),
    uses: uses.length,
    ...(due !== undefined && !isDone && { due: new Date(due).toISOString() }),
    gib: image.gib,
  };
}

const nameOf = ({ accountId, what, resource }: Use): string => `${accountId} ${what} ${resource}`;

const unusable = (imageId: string, uses: readonly Use[]): string =>
  `${imageId} is disabled, and ${uses.slice(0, 2).map(nameOf).join(' and ')} cannot launch it; undo its retirement`;

const countsOf = <T extends string>(names: readonly T[], values: readonly string[]): Record<T, number> =>
  Object.fromEntries(names.map((name) => [name, values.filter((value) => value === name).length])) as Record<T, number>;
