import { PutObjectCommand } from '@aws-sdk/client-s3';
import { retirementReports } from '../../../config/names';
import { retrying } from '../../common/retry';
import type { Run } from '../run';
import type { Report } from './report';

/**
 * Writes a report into the bucket: under its day, and as the latest of its kind. Dry runs have reports too.
 *
 * @returns its key
 */
export async function writeReport(run: Run, report: Report): Promise<string> {
  const key = retirementReports.key(report.summary.time, run.id, run.dryRun);
  const Body = JSON.stringify(report);
  for (const Key of [key, retirementReports.latest(run.dryRun)])
    await retrying(
      () =>
        run.clients.s3.send(
          new PutObjectCommand({ Bucket: run.settings.reportBucket, Key, Body, ContentType: 'application/json' }),
        ),
      run.waits,
    );
  return key;
}
