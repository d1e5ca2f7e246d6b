import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

/** Writes variables as lines for a shell, which the buildspec sources: what a build exports is what its shell knows. */
export async function writeExports(file: string, variables: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
  await writeFile(file, lines.join(''));
}

/**
 * Where a reviewer reads the summary: the page of the build that made the plan, whose log ends with it. A reader who may see
 * the pipeline in the console can open it, where the plan's artifact is for builds alone.
 *
 * @param buildArn the value of `CODEBUILD_BUILD_ARN`
 * @returns an empty text outside CodeBuild
 */
export function buildLink(buildArn: string | undefined): string {
  const [, region, accountId, project, id] =
    /^arn:aws:codebuild:([^:]+):(\d{12}):build\/([^:]+):(.+)$/.exec(buildArn ?? '') ?? [];
  if (region === undefined || accountId === undefined || project === undefined || id === undefined) return '';
  const build = encodeURIComponent(`${project}:${id}`);
  return `https://${region}.console.aws.amazon.com/codesuite/codebuild/${accountId}/projects/${project}/build/${build}/?region=${region}`;
}
