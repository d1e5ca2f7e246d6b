import { changeImages } from './actions/change-images';
import { shortMessage } from '../common/errors';
import { retrying } from '../common/retry';
import { decide } from './decide/decide';
import type { ImageFacts, Uses } from './decide/facts';
import { RetirementIncompleteError, SourcesFailedError, type FailedSource } from './errors';
import { listImages, type OwnImages } from './images/list-images';
import { findLeftovers } from './leftovers/find';
import type { Leftover } from './leftovers/leftover';
import { removeLeftovers } from './leftovers/remove';
import { announce } from './report/announce';
import { failedReport, reportOf, type Report, type Summary } from './report/report';
import { writeReport } from './report/write-report';
import type { Run } from './run';
import { usesOf } from './sources/in-use';
import { logger, measure } from './telemetry';

/** What a run returns: the report itself, with thousands of images, would not fit into an answer. */
export interface RetireResult extends Summary {
  /** Where the report is. */
  readonly report: { readonly bucket: string; readonly key: string };
}

const hourMs = 3600 * 1000;

/**
 * One run: looks at everything, decides, changes, and reports. Where any source of what is in use fails, it changes nothing,
 * reports which, and fails.
 *
 * @throws SourcesFailedError, RetirementIncompleteError, each after the report is written
 */
export async function retire(run: Run): Promise<RetireResult> {
  const known = await lookAround(run);
  if ('failed' in known) {
    const report = failedReport(run, known.images, known.failed);
    await finish(run, report);
    throw new SourcesFailedError(known.failed);
  }
  const { images, uses, leftovers } = known;
  const decisions = decide(images, uses, run.settings.rules, run.now);
  const changed = await changeImages(run, decisions);
  const report = reportOf(run, decisions, changed, await removeLeftovers(run, leftovers));
  const result = await finish(run, report);
  const failures = [
    ...changed.flatMap(({ imageId, error }) => (error === undefined ? [] : [`${imageId}: ${error}`])),
    ...report.leftovers.flatMap(({ what, id, outcome, reason = '' }) =>
      outcome === 'failed' ? [`${what} ${id}: ${reason}`] : [],
    ),
  ];
  if (failures.length > 0) throw new RetirementIncompleteError(failures);
  return result;
}

interface Known {
  readonly images: readonly ImageFacts[];
  readonly uses: Uses;
  readonly leftovers: readonly Leftover[];
}

/** Everything that the run decides by, or what failed. Images come first: what is launched later is no younger than they are. */
async function lookAround(
  run: Run,
): Promise<Known | { readonly images: number; readonly failed: readonly FailedSource[] }> {
  const { clients, settings, waits, now } = run;
  const { opsAccountId, leftoverHours } = settings;
  const failure = (source: string) => (error: unknown) => ({
    accountId: opsAccountId,
    source,
    error: shortMessage(error),
  });
  let own: OwnImages;
  try {
    own = await retrying(() => listImages(clients.ec2), waits);
  } catch (error) {
    return { images: 0, failed: [failure('images')(error)] };
  }
  const { images, snapshotIds } = own;
  const failed: FailedSource[] = [];
  const uses = await usesOf(run, new Set(images.map(({ imageId }) => imageId))).catch((error: unknown) => {
    if (!(error instanceof SourcesFailedError)) throw error;
    failed.push(...error.sources);
    return new Map() as Uses;
  });
  const before = now - leftoverHours * hourMs;
  const leftovers = await retrying(() => findLeftovers(clients.ec2, before, snapshotIds), waits).catch(
    (error: unknown) => {
      failed.push(failure('what builds left')(error));
      return [];
    },
  );
  return failed.length > 0 ? { images: images.length, failed } : { images, uses, leftovers };
}

async function finish(run: Run, report: Report): Promise<RetireResult> {
  const { summary } = report;
  const key = await writeReport(run, report);
  const { reportBucket: bucket } = run.settings;
  if (summary.failedSources.length === 0)
    measure({ ImagesRetained: summary.kept, ...(!run.dryRun && { ImagesReclaimed: summary.changed.deregister }) });
  for (const problem of summary.problems) logger.warn('An operator has to look', { problem });
  await announce(run, summary, `s3://${bucket}/${key}`);
  return { ...summary, report: { bucket, key } };
}
