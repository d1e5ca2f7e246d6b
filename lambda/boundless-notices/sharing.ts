import { functions, logGroups, outcomeEvents } from '../../config/names';
import { imageFacts, knownBuild, type KnownBuild } from './build';
import type { Run } from './clients';
import type { SharingEvent } from './event';
import { duration, fact, link, logGroupUrl, noThread, type Fact, type Notice, type Notification } from './notice';

type Detail = SharingEvent['detail'];

/** What each outcome means; docs/sharing.md, "Events". */
const outcomes: Readonly<
  Record<SharingEvent['detail-type'], (detail: Detail) => Pick<Notice, 'severity' | 'title' | 'nextSteps'>>
> = {
  [outcomeEvents.shared]: ({ kind = 'an', accounts }) => ({
    severity: 'good',
    title: `Shared the ${kind} image with ${accounts.length} accounts`,
    nextSteps: [],
  }),
  [outcomeEvents.failed]: ({ error = 'Error', permanent }) => ({
    severity: 'bad',
    title: `An image was not shared: ${error}`,
    nextSteps: [
      permanent === true
        ? 'It will fail again until an operator repairs the cause (docs/sharing.md, "Rules"); then `make redrive`.'
        : 'It is tried again twice. If it still fails, an alarm fires: repair the cause, then `make redrive`.',
    ],
  }),
  [outcomeEvents.withdrawn]: ({ kind = '', accounts }) => ({
    severity: accounts.some(({ error }) => error !== undefined) ? 'bad' : 'good',
    title: `The ${kind} image was withdrawn`,
    nextSteps: ['Instances run on: deploy the clusters that run it.'],
  }),
  [outcomeEvents.found]: ({ driftFound = 0 }) => ({
    severity: 'bad',
    title: `Drift of shared images was found and is being repaired: ${driftFound}`,
    nextSteps: ['Find in CloudTrail who changed permissions, tags or pointers: nobody but the Lambda should.'],
  }),
};

/** An outcome of sharing. */
export async function onSharing(event: SharingEvent, run: Run): Promise<Notification> {
  const { region } = run.settings;
  const { detail, time } = event;
  const build: KnownBuild = detail.buildId === undefined ? {} : await knownBuild(run, detail.buildId);
  const imageId = detail.imageId ?? build.imageId;
  return {
    notice: {
      ...outcomes[event['detail-type']](detail),
      facts: [
        ...imageFacts({ ...build, ...(imageId !== undefined && { imageId }) }),
        ...fact('Name', detail.name),
        ...fact('Since the build ended', duration(build.end, time)),
        ...fact('Why', detail.message ?? detail.reason),
        ...accountFacts(detail),
        ...fact('Public until now', detail.publicImages.join(', ')),
        ...fact('Build', detail.buildId),
      ],
      links: [
        ...link(`Log of ${functions.sharing}`, logGroupUrl(region, logGroups.lambda(functions.sharing))),
        ...link('Log of the build', build.logUrl),
      ],
      threadId: detail.buildId ?? imageId ?? noThread,
    },
  };
}

/** The first accounts that failed: there can be a hundred, and the log has all of them. */
const accountFacts = ({ accounts }: Detail): readonly Fact[] =>
  accounts
    .filter(({ error }) => error !== undefined)
    .slice(0, 5)
    .flatMap(({ accountId, error }) => fact(`Account ${accountId}`, error));
