import { table } from '../common/table';
import type { Report, ReportedImage } from '../../lambda/packer-ami-cleanup/report/report';

/** Lines that show a report: what it came to, then a row for each image that changed, or for every one. */
export function reportLines({ summary, images, leftovers }: Report, all: boolean): readonly string[] {
  const { time, dryRun, kept, freedGiB, freedUsdPerMonth, failedSources, problems } = summary;
  const shown = images.filter(({ outcome, records }) => all || outcome !== 'keep' || records.length > 0);
  return [
    `${dryRun ? 'Dry run' : 'Run'} of ${time}: ${summary.images} images, ${kept} kept; at most ${freedGiB} GiB freed, ` +
      `${freedUsdPerMonth.toFixed(2)} USD a month.`,
    ...failedSources.map(({ accountId, source, error }) => `NOTHING WAS RETIRED: ${accountId}, ${source}: ${error}`),
    ...problems.map((problem) => `PROBLEM: ${problem}`),
    ...(shown.length === 0
      ? []
      : table([['image', 'name', 'phase', 'outcome', 'why, and what uses it'], ...shown.map(row)])),
    ...leftovers.map(
      ({ what, id, outcome, buildId, reason }) =>
        `left by ${buildId}: ${what} ${id} ${outcome}${reason === undefined ? '' : ` (${reason})`}`,
    ),
  ];
}

function row({ imageId, name, phase, outcome, records, reasons, usedBy, uses }: ReportedImage): readonly string[] {
  const more = uses > usedBy.length ? [`and ${uses - usedBy.length} more`] : [];
  return [imageId, name, phase, [outcome, ...records].join(', '), [...reasons, ...usedBy, ...more].join('; ')];
}
