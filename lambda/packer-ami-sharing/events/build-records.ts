import {
  BatchGetBuildsCommand,
  InvalidInputException,
  type Build,
  type CodeBuildClient,
} from '@aws-sdk/client-codebuild';
import type { Image } from '@aws-sdk/client-ec2';
import { chunks } from '../../common/bounded';
import { imageVariable } from './image-variables';
import { tagOf } from '../images/rules';

/** The most ids that one call takes (AWS CodeBuild API Reference, "BatchGetBuilds"). */
const perCall = 100;

/**
 * The images whose build succeeded and exported them. A tag names the build, but the build's own record, which
 * no build can write, is what counts: an image that was made by a build that failed afterwards is not among them.
 * CodeBuild forgets builds after a year.
 */
export async function builtImages(
  codebuild: CodeBuildClient,
  project: string,
  images: readonly Image[],
): Promise<ReadonlySet<string>> {
  const buildIds = new Set(images.flatMap((image) => tagOf(image, 'BuildId') ?? []));
  const ours = [...buildIds].filter((id) => id.startsWith(`${project}:`));
  const built = new Set<string>();
  for (const ids of chunks(ours, perCall))
    for (const { buildStatus, exportedEnvironmentVariables = [] } of await recordsOf(codebuild, ids))
      for (const { name, value } of exportedEnvironmentVariables)
        if (buildStatus === 'SUCCEEDED' && name === imageVariable && value !== undefined) built.add(value);
  return built;
}

/** One id that CodeBuild does not take, from a tag that was written by hand, must not hide the records of the others. */
async function recordsOf(codebuild: CodeBuildClient, ids: readonly string[]): Promise<readonly Build[]> {
  try {
    const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids: [...ids] }));
    return builds;
  } catch (error) {
    if (!(error instanceof InvalidInputException)) throw error;
    if (ids.length <= 1) return [];
    const middle = Math.ceil(ids.length / 2);
    const halves = [ids.slice(0, middle), ids.slice(middle)];
    const records: Build[] = [];
    for (const half of halves) records.push(...(await recordsOf(codebuild, half)));
    return records;
  }
}
