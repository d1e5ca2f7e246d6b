import { codeBuildProjects, pipelines } from '../../config/names';
import type { Statement } from '../base/policy';

export interface NoticesPermissionsProps {
  readonly accountId: string;
  readonly region: string;
}

/**
 * What the notices Lambda reads. A test lets it tell of everything, and compares the calls with these statements: an
 * action that is missing here or never used fails it.
 */
export const noticesPermissions = ({ accountId, region }: NoticesPermissionsProps): Statement[] => [
  {
    Sid: 'ReadBuilds',
    Action: 'codebuild:BatchGetBuilds',
    Resource: `arn:aws:codebuild:${region}:${accountId}:project/${codeBuildProjects.packer}`,
  },
  {
    Sid: 'ReadPipelines',
    Action: ['codepipeline:GetPipelineExecution', 'codepipeline:GetPipelineState', 'codepipeline:ListActionExecutions'],
    Resource: [pipelines.packer, pipelines.cluster('*')].map(
      (name) => `arn:aws:codepipeline:${region}:${accountId}:${name}`,
    ),
  },
];
