import { functions, logGroups } from '../../config/names';
import type { Run } from './clients';
import type { RetirementEvent } from './event';
import { fact, link, logGroupUrl, type Notification } from './notice';

/** A run of the retirement that changed something, or that an operator has to look at. */
export function onRetirement({ detail }: RetirementEvent, { settings }: Pick<Run, 'settings'>): Notification {
  const { changed, leftovers, problems, failedSources } = detail;
  const isFailed = failedSources.length > 0;
  const done = [
    ...counted(changed.deprecate, 'deprecated'),
    ...counted(changed.disable, 'disabled'),
    ...counted(changed.deregister, 'deregistered'),
    ...counted(leftovers.removed, 'leftovers of builds removed'),
  ].join(', ');
  return {
    notice: {
      severity: isFailed || problems.length > 0 ? 'bad' : 'good',
      title: isFailed
        ? 'No image was retired: what is in use is not known everywhere'
        : `Retired images: ${done === '' ? 'none' : done}`,
      facts: [
        ...fact('Kept', isFailed ? undefined : `${detail.kept} images`),
        ...fact(
          'Freed',
          detail.freedGiB > 0
            ? `at most ${detail.freedGiB} GiB, ${detail.freedUsdPerMonth.toFixed(2)} USD a month`
            : undefined,
        ),
        ...failedSources
          .slice(0, shown)
          .flatMap(({ accountId, source, error }) => fact(`Account ${accountId}, ${source}`, error)),
        ...problems.slice(0, shown).flatMap((problem, index) => fact(`Problem ${index + 1}`, problem)),
        ...fact('Report', detail.report),
      ],
      links: link(`Log of ${functions.cleanup}`, logGroupUrl(settings.region, logGroups.lambda(functions.cleanup))),
      nextSteps: isFailed
        ? ['Repair what did not answer (docs/retirement.md, "Nothing was retired"); the next run retires.']
        : problems.length > 0
          ? ['docs/retirement.md, "Problems", has what each means.']
          : [],
      threadId: detail.runId,
    },
  };
}

/** The report has all of them. */
const shown = 5;

const counted = (count: number, what: string): readonly string[] => (count > 0 ? [`${count} ${what}`] : []);
