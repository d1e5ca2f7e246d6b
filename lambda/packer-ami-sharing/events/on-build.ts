import { SharingIncompleteError } from '../errors';
import { parseBuildEvent } from './event';
import { imageIdOf } from './image-id';
import { announce, failureDetail } from './outcome-events';
import type { SharingResult } from '../result';
import type { Run } from '../run';
import { shareImage } from '../accounts/share-image';
import { logger, measure } from '../telemetry';

/**
 * Shares the image of a build event, and publishes the outcome. The event itself is never logged, since it carries a build's
 * variables.
 *
 * @throws what stands in the way; SharingIncompleteError where only some accounts failed
 */
export async function onBuild(event: unknown, run: Run): Promise<SharingResult> {
  const started = new Date();
  const known: { buildId?: string; imageId?: string } = {};
  try {
    const build = parseBuildEvent(event, run.settings);
    if (build.buildId !== undefined) known.buildId = build.buildId;
    logger.appendKeys(known);
    known.imageId = await imageIdOf(build, run);
    logger.appendKeys(known);
    const shared = await shareImage(known.imageId, run);
    const result = { ...shared, ...(known.buildId !== undefined && { buildId: known.buildId }) };
    report(result, build.time ?? started);
    await announce(run, 'shared', result);
    return result;
  } catch (error) {
    // An error of the bus must not hide why the image is not shared.
    await announce(run, 'failed', { ...known, ...failureDetail(error) }).catch((busError: unknown) => {
      logger.error('The failure could not be announced', { error: busError });
    });
    throw error;
  }
}

/** @throws SharingIncompleteError where an account failed, after the log and the metrics have it */
function report(result: SharingResult, since: Date): void {
  const failed = result.accounts.filter(({ error }) => error !== undefined);
  measure({
    AccountsShared: result.accounts.length - failed.length,
    AccountsFailed: failed.length,
    ShareSeconds: (Date.now() - since.getTime()) / 1000,
  });
  for (const { accountId, error } of failed) logger.error('The account did not get the image', { accountId, error });
  logger.info('Shared the image', { result });
  if (failed.length > 0) throw new SharingIncompleteError(result);
}
