import { BatchGetBuildsCommand, type Build } from '@aws-sdk/client-codebuild';
import { truncatedList } from '../../common/truncated-list';
import { InvalidEventError } from '../errors';
import type { BuildEvent } from './event';
import { imageIdsAmong, imageVariable } from './image-variables';
import { retrying } from '../../common/retry';
import type { Run } from '../run';

/**
 * The one image that the build of an event made: the event's, else what the build exported by CodeBuild's record (AWS
 * CodeBuild API Reference, "Build": exportedEnvironmentVariables). Where CodeBuild knows the build, its record must agree:
 * an event that names the image of another build, such as one that failed, is refused.
 *
 * @throws InvalidEventError where that is no image, or several, or not the one that the build exported
 */
export async function imageIdOf(
  { imageIds, buildId }: BuildEvent,
  run: Pick<Run, 'clients' | 'waits'>,
): Promise<string> {
  const build = buildId === undefined ? undefined : await recordOf(buildId, run);
  const exported = imageIdsAmong(build?.exportedEnvironmentVariables);
  const ids = imageIds.length > 0 ? imageIds : exported;
  const [id, ...others] = ids;
  if (id === undefined)
    throw new InvalidEventError(
      `${imageVariable} is neither in the event nor among the variables that the build exported`,
    );
  if (others.length > 0)
    throw new InvalidEventError(
      `${imageVariable} has ${ids.length} values (${truncatedList(ids)}); export one image per build`,
    );
  if (build !== undefined && !exported.includes(id))
    throw new InvalidEventError(
      `${imageVariable} is ${id}, but the build exported ${exported.length > 0 ? truncatedList(exported) : 'no image'}; ` +
        `send the event of the build that made the image`,
    );
  if (build?.buildStatus !== undefined && build.buildStatus !== 'SUCCEEDED')
    throw new InvalidEventError(`the build of ${id} ended with ${build.buildStatus}; build the image again`);
  return id;
}

async function recordOf(
  buildId: string,
  { clients, waits }: Pick<Run, 'clients' | 'waits'>,
): Promise<Build | undefined> {
  const command = new BatchGetBuildsCommand({ ids: [buildId] });
  const { builds = [] } = await retrying(() => clients.codebuild.send(command), waits);
  return builds[0];
}
