import { BatchGetBuildsCommand, type CodeBuildClient } from '@aws-sdk/client-codebuild';
import { briefList } from './brief-list';
import { InvalidEventError } from './errors';
import type { BuildEvent } from './event';
import { imageIdsAmong, imageVariable } from './image-variables';

/**
 * The one image that the build of an event made: the event's, else what CodeBuild says that the build exported (AWS
 * CodeBuild API Reference, "Build": exportedEnvironmentVariables).
 *
 * @throws InvalidEventError where that is no image, or several
 */
export async function imageIdOf({ imageIds, buildId }: BuildEvent, codebuild: CodeBuildClient): Promise<string> {
  const ids = imageIds.length > 0 || buildId === undefined ? imageIds : await exportedImageIds(codebuild, buildId);
  const [id, ...others] = ids;
  if (id === undefined)
    throw new InvalidEventError(
      `${imageVariable} is neither in the event nor among the variables that the build exported`,
    );
  if (others.length > 0)
    throw new InvalidEventError(
      `${imageVariable} has ${ids.length} values (${briefList(ids)}); export one image per build`,
    );
  return id;
}

async function exportedImageIds(codebuild: CodeBuildClient, buildId: string): Promise<readonly string[]> {
  const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids: [buildId] }));
  return builds.flatMap(({ exportedEnvironmentVariables }) => imageIdsAmong(exportedEnvironmentVariables));
}
