import { codeBuildProjects, pipelines } from '../../../config/names';
import type { Statement } from '../../base/policy';
import type { Account } from '../../base/account';

/**
 * What the notices Lambda reads. A test lets it notify of everything, and compares the calls with these statements: an
 * action that is missing here or never used fails it.
 */
export const run = (account: Account): Statement[] => [
  {
    Sid: 'ReadBuilds',
    Action: 'codebuild:BatchGetBuilds',
    Resource: account.arn('codebuild', `project/${codeBuildProjects.packer}`),
  },
  {
    Sid: 'ReadPipelines',
    Action: ['codepipeline:GetPipelineExecution', 'codepipeline:GetPipelineState', 'codepipeline:ListActionExecutions'],
    Resource: [pipelines.packer, pipelines.cluster('*')].map((name) => account.arn('codepipeline', name)),
  },
];
