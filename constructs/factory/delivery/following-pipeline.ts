import { Construct } from 'constructs';
import { commitUrl } from '../../../config/repository';
import { arns, clusterProject, pipelines, roles, stacks } from '../../../config/names';
import { ClusterProject, type ClusterEnvironment } from './cluster-project';
import { deploymentLimits } from './deployment-limits';
import { imagesOfRun, imageVariables } from './image-variables';
import { Pipeline, type PipelineContext } from './pipeline';
import { Schedule } from './schedule';
import { approvalStep, buildStep } from './steps';

export interface FollowingPipelineProps extends PipelineContext {
  readonly cluster: ClusterEnvironment & {
    /** Whether a person approves each deployment. */
    readonly approval: boolean;
  };
  /** Topics that are notified of a start that failed. */
  readonly alarmActions: readonly string[];
}

/**
 * Deploys an environment that follows the latest images: at its times, or when an operator starts it. Where a person approves
 * deployments, it is the commit that is approved: the plan is made afterwards, with the images of that moment.
 */
export class FollowingPipeline extends Construct {
  constructor(scope: Construct, id: string, { cluster, alarmActions, ...context }: FollowingPipelineProps) {
    super(scope, id);
    const { environment, accountId } = cluster;
    const { delivery, repository } = context.ops;
    const name = pipelines.cluster(environment);
    const deployment = new ClusterProject(this, 'Deployment', {
      ...context,
      cluster,
      name: clusterProject.deployment(environment),
      description: `Deploys ${stacks.cluster(environment)}`,
      buildspec: 'deployment',
      timeoutMinutes: delivery.deploymentTimeoutMinutes,
      assumes: [arns.role(accountId, roles.deployment)],
      variables: deploymentLimits(delivery, true),
    });
    const pipeline = new Pipeline(this, 'Pipeline', {
      ...context,
      name,
      roleName: roles.clusterPipeline(environment),
      description: `Runs ${name}`,
      // A run with images that an operator named must not be dropped for one that the schedule started.
      executionMode: 'QUEUED',
      sourceFormat: 'zip',
      variables: imageVariables('latest'),
      stages: [
        ...(cluster.approval
          ? [
              {
                name: 'Approve',
                steps: [
                  approvalStep({
                    name: 'Approve',
                    message: `${stacks.cluster(environment)}: deploy commit #{Source.CommitId}`,
                    link: commitUrl(repository.url, '#{Source.CommitId}'),
                    timeoutMinutes: delivery.approvalTimeoutMinutes,
                  }),
                ],
              },
            ]
          : []),
        {
          name: 'Deploy',
          steps: [buildStep({ name: 'Deploy', project: deployment, namespace: 'Deploy', variables: imagesOfRun() })],
        },
      ],
    });
    if (delivery.schedule !== null)
      new Schedule(this, 'Schedule', {
        ...delivery.schedule,
        name,
        roleName: roles.clusterSchedule(environment),
        pipelineArn: pipeline.arn,
        alarmActions,
      });
  }
}
