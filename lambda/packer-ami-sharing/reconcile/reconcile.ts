import { imageKinds } from '../../../config/names';
import { chunks } from '../../common/bounded';
import { shortMessage } from '../errors';
import { imageAges, type Ages } from '../images/image-ages';
import {
  compareAge,
  imagesOf,
  listImages,
  listPublicImagesByName,
  type Age,
  type ListedImage,
} from '../images/image-list';
import { launchProblems } from '../accounts/launch-chain';
import { reconcilePage, type PageOutcome } from './reconcile-page';
import { readPosition, writePosition } from './reconcile-position';
import { ReconcileReport, type ReconcileResult } from './reconcile-report';
import type { Published } from '../result';
import { retrying } from '../../common/retry';
import type { Pages, Run } from '../run';

/** What a run came to, and how old the images are. */
export interface Reconciled {
  readonly result: ReconcileResult;
  readonly ages: readonly Ages[];
}

/**
 * Compares what is with what should be, and puts it right, page by page: permissions of the images, their tags in every
 * account, and after the first images the pointers, and whether instances could start there.
 *
 * Every run begins with the images that matter most: public ones, the newest of each kind, and withdrawals that were cut
 * short. Then come all others, from the newest to the oldest. Where the time does not suffice for all of them, the run
 * ends well, and the next one goes on there. What fails stops nothing else, and is listed.
 *
 * @throws what keeps it from seeing the images at all
 */
export async function reconcile(run: Run): Promise<Reconciled> {
  const { dryRun, pages } = run;
  const tagged = await retrying(() => listImages(run), run.waits);
  const known = new Set(tagged.map(({ imageId }) => imageId));
  const untagged = (await retrying(() => listPublicImagesByName(run), run.waits)).filter(
    ({ imageId }) => !known.has(imageId),
  );
  const images = [...untagged, ...tagged];
  const report = new ReconcileReport();
  const { first, others } = inOrder(images, pages);
  const work = new Work(run, report);

  let firstLeft = 0;
  for (const [n, page] of first.entries()) {
    const mayBegin = n === 0 || run.mayBegin();
    const isDone = mayBegin && (await work.page(page, { withPointers: n === first.length - 1 }));
    if (!isDone) firstLeft += page.length;
  }
  report.addBadPointers(work.pointers, images);
  const problems = await launchProblems(run).catch((error: unknown) => {
    report.fail(`launch chain: ${shortMessage(error)}`);
    return [];
  });

  const othersLeft = others.length === 0 ? 0 : await compareOthers(run, work, report, others);
  const result = report.result({ dryRun, imagesLeft: firstLeft + othersLeft, launchProblems: problems });
  return { result, ages: imageAges(images, work.pointers, new Date()) };
}

/** Goes through the older images from where the last run stopped. @returns how many are left to the next run */
async function compareOthers(
  run: Run,
  work: Work,
  report: ReconcileReport,
  others: readonly ListedImage[],
): Promise<number> {
  const { dryRun, pages } = run;
  const before = dryRun ? undefined : await orFail(report, () => readPosition(run));
  let position: Age | undefined = before;
  let left = others.filter((image) => before === undefined || compareAge(image, before) < 0);
  while (left.length > 0 && run.mayBegin()) {
    const page = left.slice(0, pages.size);
    if ((await orFail(report, () => work.page(page, { withPointers: false }))) !== true) break;
    position = page.at(-1);
    left = left.slice(page.length);
  }
  // An account whose first images are older ones has nothing that its pointers could name before.
  if (work.hasAdded && run.mayBegin()) await work.page([], { withPointers: true });
  const next = left.length === 0 ? undefined : position;
  if (!dryRun && next?.imageId !== before?.imageId) await orFail(report, () => writePosition(run, next));
  return left.length;
}

/** @returns undefined where it failed, which the report has then */
const orFail = <T>(report: ReconcileReport, work: () => Promise<T>): Promise<T | undefined> =>
  work().catch((error: unknown) => {
    report.fail(`older images: ${shortMessage(error)}`);
    return undefined;
  });

/**
 * The pages that every run begins with, the public images first; and all other images, the newest first. Withdrawals that
 * were cut short are on the last of these pages, after which pointers move, and with it they are finished.
 */
function inOrder(
  images: readonly ListedImage[],
  { newest, size }: Pages,
): { readonly first: readonly (readonly ListedImage[])[]; readonly others: readonly ListedImage[] } {
  const newestOfKind = new Set(
    imageKinds.flatMap((kind) => images.filter((image) => image.kind === kind).slice(0, newest)),
  );
  const isOnLast = (image: ListedImage) => image.isHalfWithdrawn || newestOfKind.has(image);
  const publicOnly = images.filter((image) => image.isPublic && !isOnLast(image));
  const last = images.filter(isOnLast);
  const ordered = [...last.filter(({ isPublic }) => isPublic), ...last.filter(({ isPublic }) => !isPublic)];
  const fitsOne = publicOnly.length + ordered.length <= size;
  return {
    first: fitsOne ? [[...publicOnly, ...ordered]] : [...chunks(publicOnly, size), ordered],
    others: images.filter((image) => !image.isPublic && !isOnLast(image)),
  };
}

/**
 * Whether EC2 takes no such account (EC2 API Reference, "Error codes"). Other refusals, such as `InvalidRequest`, may be
 * about the image, and mean nothing for the next one.
 */
const isAboutAccount = (error = ''): boolean =>
  /^(InvalidAMIAttributeItemValue|InvalidUserID\.Malformed)\b/.test(error);

/** The pages of one run: what an earlier one found of accounts, a later one does not try again. */
class Work {
  /** Accounts that EC2 does not take, by the permissions of earlier pages. */
  private readonly refused = new Set<string>();
  private unreachable = new Set<string>();
  /** What became of the pointers of every account; nothing where they were not looked at. */
  pointers: readonly Published[] = [];
  /** Whether an account got an image by a page without pointers. */
  hasAdded = false;

  constructor(
    private readonly run: Run,
    private readonly report: ReconcileReport,
  ) {}

  /** @returns whether the page is done, and needs no look before the next round */
  async page(listed: readonly ListedImage[], { withPointers }: { readonly withPointers: boolean }): Promise<boolean> {
    const { run } = this;
    const { serviceAccountIds } = run.settings;
    const imageIds = listed.map(({ imageId }) => imageId);
    const outcome = await reconcilePage(run, {
      images: imageIds.length === 0 ? [] : await retrying(() => imagesOf(run.clients.ec2, imageIds), run.waits),
      kinds: withPointers ? imageKinds : [],
      accountIds: serviceAccountIds.filter((accountId) => !this.unreachable.has(accountId)),
      refused: this.refused,
    });
    this.report.add(outcome);
    if (withPointers) this.pointers = outcome.published;
    this.learn(outcome, withPointers);
    return outcome.isDone;
  }

  private learn({ states, published }: PageOutcome, withPointers: boolean): void {
    const added = new Set(
      states.flatMap(({ current, accountIds }) => accountIds.filter((id) => !current.includes(id))),
    );
    this.hasAdded ||= !withPointers && !this.run.dryRun && added.size > 0;
    for (const { refusedChanges, change } of states)
      for (const accountId of change.add)
        if (!added.has(accountId) && isAboutAccount(refusedChanges.get(accountId))) this.refused.add(accountId);
    for (const { accountId, failures } of published)
      if (failures.some(({ part }) => part === 'account')) this.unreachable.add(accountId);
  }
}
