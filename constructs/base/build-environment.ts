import type { CodebuildProjectCache, CodebuildProjectEnvironment } from '@cdktf/provider-aws/lib/codebuild-project';

/** A plain, unprivileged build environment. Its variables are plain text: anyone who may see a build reads them. */
export const buildEnvironment = (
  computeType: string,
  variables: Readonly<Record<string, string>>,
): CodebuildProjectEnvironment => ({
  type: 'LINUX_CONTAINER',
  computeType,
  image: 'aws/codebuild/standard:7.0',
  imagePullCredentialsType: 'CODEBUILD',
  privilegedMode: false,
  environmentVariable: Object.entries(variables).map(([name, value]) => ({ name, value, type: 'PLAINTEXT' })),
});

/**
 * What the buildspec's `cache` names stays on the build instance, for builds that meet it again within minutes (CodeBuild
 * User Guide, "Local caching"). It is downloads only, and their checksums are verified each time.
 */
export const buildCache: CodebuildProjectCache = { type: 'LOCAL', modes: ['LOCAL_CUSTOM_CACHE'] };
