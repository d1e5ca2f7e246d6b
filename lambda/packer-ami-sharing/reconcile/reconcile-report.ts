import { truncatedList } from '../../common/truncated-list';
import { longest, type Drift } from './drift';
import type { LaunchProblem } from '../accounts/launch-chain';
import type { ListedImage } from '../images/image-list';
import type { ImageState } from './reconcile-permissions';
import type { PageOutcome } from './reconcile-page';
import type { Published } from '../result';

/** What a reconcile run returns and logs. Lists that can be long are cut; the figures are of all. */
export interface ReconcileResult {
  readonly dryRun: boolean;
  /** Images that were compared. */
  readonly images: number;
  /** Those of pages that were not finished, above all since the time ended: the next run goes on with them. */
  readonly imagesLeft: number;
  readonly driftFound: number;
  readonly driftRepaired: number;
  readonly publicImages: readonly string[];
  readonly drift: readonly Drift[];
  /** Images of the factory that break a rule and are shared with no further account, with the rules. */
  readonly refused: readonly { readonly imageId: string; readonly rules: readonly string[] }[];
  /** Good images without evidence: neither an earlier sharing nor a build's record. */
  readonly unproven: readonly string[];
  readonly launchProblems: readonly LaunchProblem[];
  /** What could not be done, each starting with the image or account. */
  readonly failures: readonly string[];
}

/** Gathers what the pages of a run came to, and keeps as much of it as the result shows. */
export class ReconcileReport {
  private images = 0;
  private driftFound = 0;
  private driftRepaired = 0;
  private readonly publicImages: string[] = [];
  private readonly drift: Drift[] = [];
  private readonly refused: ReconcileResult['refused'][number][] = [];
  private readonly unproven: string[] = [];
  /** Without repetitions: an account that can't be reached fails with each page. */
  private readonly failures = new Set<string>();
  /** Images by the reason that their permissions were not changed for, with whom it is for. */
  private readonly notChanged = new Map<string, string[]>();

  add(page: PageOutcome): void {
    this.images += page.states.length;
    this.driftFound += page.drift.length;
    this.driftRepaired += page.repaired;
    keep(this.publicImages, page.publicImages);
    keep(this.drift, page.drift);
    for (const { status, imageId, rules, error } of page.states) {
      if (status === 'refused') keep(this.refused, [{ imageId, rules }]);
      if (status === 'unproven') keep(this.unproven, [imageId]);
      if (error !== undefined) this.fail(`${imageId}: ${error}`);
    }
    for (const failure of page.failures) this.fail(failure);
    this.addRefusedChanges(page.states);
    for (const { accountId, failures } of page.published)
      for (const { part, error } of failures)
        this.fail(`${accountId}: ${part === 'account' ? '' : `${part}: `}${error}`);
  }

  /** Pointers that name a withdrawn image, because they are pinned to it or there is no other. */
  addBadPointers(published: readonly Published[], images: readonly ListedImage[]): void {
    const withdrawn = new Map(images.flatMap((image) => (image.isWithdrawn ? [[image.imageId, image.kind]] : [])));
    for (const { accountId, pointers } of published)
      for (const { kind, imageId = '', pinned } of pointers) {
        if (withdrawn.get(imageId) !== kind) continue;
        const fix = pinned ? 'unpin it, or pin another one' : 'build one that can take its place';
        this.fail(`${accountId}: ${imageId} is withdrawn, and the pointer of ${kind} still names it; ${fix}`);
      }
  }

  fail(failure: string): void {
    if (this.failures.size < longest) this.failures.add(failure);
  }

  result(rest: Pick<ReconcileResult, 'dryRun' | 'imagesLeft' | 'launchProblems'>): ReconcileResult {
    const { images, driftFound, driftRepaired, publicImages, drift, refused, unproven } = this;
    const lines = [...this.notChanged].map(([line, ids]) => `${line} (launch permission of ${truncatedList(ids)})`);
    return {
      ...rest,
      images,
      driftFound,
      driftRepaired,
      publicImages,
      drift,
      refused,
      unproven,
      launchProblems: rest.launchProblems.slice(0, longest),
      failures: [...this.failures, ...lines].slice(0, longest),
    };
  }

  /** One line for each reason and whom it is for: an account that EC2 does not take is refused for every image. */
  private addRefusedChanges(states: readonly ImageState[]): void {
    for (const { imageId, refusedChanges } of states)
      for (const [name, error] of refusedChanges) {
        const line = `${name}: ${error.replaceAll(imageId, 'the image')}`;
        this.notChanged.set(line, [...(this.notChanged.get(line) ?? []), imageId]);
      }
  }
}

/** Adds as many as fit. */
function keep<T>(list: T[], more: readonly T[]): void {
  list.push(...more.slice(0, longest - list.length));
}
