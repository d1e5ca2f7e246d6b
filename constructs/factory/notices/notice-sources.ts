import { codeBuildProjects, outcomeEvents, pipelines } from '../../../config/names';
import { noticeRules } from './names';

/** A kind of event that people are notified of. */
export interface NoticeSource {
  /** Id of its construct. */
  readonly id: string;
  /** Name of its rule. */
  readonly name: string;
  readonly description: string;
  /** What EventBridge matches, beside the account. */
  readonly pattern: object;
}

/** By their prefix: the names of all clusters would not fit into a pattern of 100 environments. */
const anyCluster = { prefix: pipelines.cluster('') };
const anyPipeline = [pipelines.packer, anyCluster];

/** One rule per kind of event: AWS advises against patterns of several (AWS CodeBuild User Guide). */
export const noticeSources: readonly NoticeSource[] = [
  {
    id: 'Builds',
    name: noticeRules.builds,
    description: 'Builds of images that ended',
    pattern: {
      source: ['aws.codebuild'],
      'detail-type': ['CodeBuild Build State Change'],
      detail: {
        'project-name': [codeBuildProjects.packer],
        'build-status': ['SUCCEEDED', 'FAILED', 'FAULT', 'STOPPED', 'TIMED_OUT'],
      },
    },
  },
  {
    id: 'Sharing',
    name: noticeRules.sharing,
    description: 'Outcomes of image sharing',
    pattern: {
      source: [outcomeEvents.source],
      'detail-type': [outcomeEvents.shared, outcomeEvents.failed, outcomeEvents.withdrawn, outcomeEvents.found],
    },
  },
  {
    id: 'Retirement',
    name: noticeRules.retirement,
    description: 'Runs of the retirement that changed something, or failed',
    pattern: { source: [outcomeEvents.source], 'detail-type': [outcomeEvents.retired] },
  },
  {
    id: 'Pipelines',
    name: noticeRules.pipelines,
    description: 'Pipelines that failed or were stopped',
    pattern: {
      source: ['aws.codepipeline'],
      'detail-type': ['CodePipeline Pipeline Execution State Change'],
      detail: { pipeline: anyPipeline, state: ['FAILED', 'STOPPED'] },
    },
  },
  {
    // Of clusters alone: each build of packer-pipeline has a notice of its own, which is enough.
    id: 'Deployments',
    name: noticeRules.deployments,
    description: 'Deployments that succeeded',
    pattern: {
      source: ['aws.codepipeline'],
      'detail-type': ['CodePipeline Pipeline Execution State Change'],
      detail: { pipeline: [anyCluster], state: ['SUCCEEDED'] },
    },
  },
  {
    id: 'Approvals',
    name: noticeRules.approvals,
    description: 'Approvals that are asked for, given or refused',
    pattern: {
      source: ['aws.codepipeline'],
      'detail-type': ['CodePipeline Action Execution State Change'],
      detail: { pipeline: anyPipeline, type: { category: ['Approval'] }, state: ['STARTED', 'SUCCEEDED', 'FAILED'] },
    },
  },
];
