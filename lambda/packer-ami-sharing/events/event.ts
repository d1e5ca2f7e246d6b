// As a namespace: the bundler drops what is not used of it, 380 kB of locales among others.
import * as z from 'zod';
import { truncatedList } from '../../common/truncated-list';
import { InvalidEventError } from '../errors';
import { imageIdsAmong } from './image-variables';
import type { Settings } from '../settings';

/** What an event has of a build. All of it is a hint: the image itself is verified before anything changes. */
export interface BuildEvent {
  /** `project:uuid`, the form that BatchGetBuilds documents; absent for a manual event. */
  readonly buildId?: string;
  /** The CodeBuild project; absent for a manual event. */
  readonly project?: string;
  /** When CodeBuild reported the build; absent for a manual event. */
  readonly time?: Date;
  /** The different ids that AMI_ID has in the event: none, where the event does not carry the build's variables. */
  readonly imageIds: readonly string[];
}

// Events gain fields over time, and these are all that matter here: every object is loose.
const variables = z.array(z.looseObject({ name: z.string(), value: z.unknown().optional() })).optional();

/**
 * `CodeBuild Build State Change` (AWS CodeBuild User Guide, "Build notifications input format reference"), or the manual
 * test event, which has nothing but the variables. `exported-environment-variables` is not in that reference, but real
 * events have it (docs/facts/images.md#build-events).
 */
const schema = z.looseObject({
  source: z.string().optional(),
  'detail-type': z.string().optional(),
  account: z.string().optional(),
  region: z.string().optional(),
  time: z.iso.datetime().optional(),
  detail: z.looseObject({
    'build-status': z.string().optional(),
    'project-name': z.string().optional(),
    'build-id': z.string().optional(),
    'additional-information': z
      .looseObject({
        'exported-environment-variables': variables,
        environment: z.looseObject({ 'environment-variables': variables }).optional(),
      })
      .optional(),
  }),
});
type Event = z.infer<typeof schema>;

/** The event has the ARN; the id is what follows `build/`. */
const buildIdForm =
  /^(?:arn:aws[a-z-]*:codebuild:(?<region>[a-z0-9-]+):(?<account>\d{12}):build\/)?(?<id>(?<project>[\w-]+):[A-Za-z0-9-]{1,64})$/;

/**
 * Reads an event.
 *
 * @throws InvalidEventError for what is not an event of a successful build of the project in the ops account, or has a
 * malformed image id
 */
export function parseBuildEvent(input: unknown, settings: Settings): BuildEvent {
  const { success, data: event, error } = schema.safeParse(input);
  if (!success) {
    const fields = error.issues.map(({ path }) => path.join('.') || 'the event');
    throw new InvalidEventError(`${truncatedList(fields)} is missing or of the wrong type`);
  }
  const imageIds = imageIdsIn(event);
  if (!hasItsOrigin(event)) return { imageIds };
  checkOrigin(event, settings);
  return {
    buildId: buildIdOf(event, settings),
    project: settings.buildProject,
    ...(event.time !== undefined && { time: new Date(event.time) }),
    imageIds,
  };
}

/** Exported variables name what a build made; the others are what it was given, and count only without the former. */
function imageIdsIn({ detail: { 'additional-information': information } }: Event): readonly string[] {
  const exported = imageIdsAmong(information?.['exported-environment-variables']);
  return exported.length > 0 ? exported : imageIdsAmong(information?.environment?.['environment-variables']);
}

/** A manual event has no origin. One that claims any must be right in all of it. */
const hasItsOrigin = ({ source, account, region, 'detail-type': detailType, detail }: Event): boolean =>
  [source, account, region, detailType, detail['project-name'], detail['build-status'], detail['build-id']].some(
    (field) => field !== undefined,
  );

function checkOrigin(event: Event, { opsAccountId, region, buildProject }: Settings): void {
  const fields: readonly (readonly [field: string, found: string | undefined, wanted: string])[] = [
    ['source', event.source, 'aws.codebuild'],
    ['detail-type', event['detail-type'], 'CodeBuild Build State Change'],
    ['account', event.account, opsAccountId],
    ['region', event.region, region],
    ['detail.build-status', event.detail['build-status'], 'SUCCEEDED'],
    ['detail.project-name', event.detail['project-name'], buildProject],
  ];
  const wrong = fields
    .filter(([, found, wanted]) => found !== wanted)
    .map(([field, , wanted]) => `${field} is not ${wanted}`);
  if (wrong.length > 0) throw new InvalidEventError(wrong.join(', '));
}

function buildIdOf({ detail }: Event, { buildProject, opsAccountId, region }: Settings): string {
  const { id, project, ...place } = buildIdForm.exec(detail['build-id'] ?? '')?.groups ?? {};
  const isHere = [opsAccountId, undefined].includes(place['account']) && [region, undefined].includes(place['region']);
  if (id === undefined || project !== buildProject || !isHere)
    throw new InvalidEventError(
      `detail.build-id is not the ARN or id of a build of ${buildProject} in ${opsAccountId} and ${region}`,
    );
  return id;
}
