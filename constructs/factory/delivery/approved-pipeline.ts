import { Construct } from 'constructs';
import { arns, clusterProject, deliveryVariables, pipelines, roles, stacks } from '../../../config/names';
import { planArtifact } from './names';
import { ClusterProject, type ClusterEnvironment } from './cluster-project';
import { deploymentLimits } from './deployment-limits';
import { imagesOfRun, imageVariables } from './image-variables';
import { Pipeline, type PipelineContext } from './pipeline';
import { approvalStep, buildStep } from './steps';

/** A plan reads, and is done in minutes. */
const planTimeoutMinutes = 30;

const planNamespace = 'Plan';
const ofPlan = (variable: string): string => `#{${planNamespace}.${variable}}`;

export interface ApprovedPipelineProps extends PipelineContext {
  readonly cluster: ClusterEnvironment;
  /** The environment that validated the images. */
  readonly validating: ClusterEnvironment;
}

/**
 * Deploys an environment that runs validated images only: plans, waits until a person has approved that plan, and applies
 * the saved plan, and no other.
 */
export class ApprovedPipeline extends Construct {
  constructor(scope: Construct, id: string, { cluster, validating, ...context }: ApprovedPipelineProps) {
    super(scope, id);
    const { environment, accountId } = cluster;
    const { delivery } = context.ops;
    const name = pipelines.cluster(environment);
    const plan = new ClusterProject(this, 'Plan', {
      ...context,
      cluster,
      name: clusterProject.plan(environment),
      description: `Plans ${stacks.cluster(environment)}; changes nothing`,
      buildspec: 'plan',
      timeoutMinutes: planTimeoutMinutes,
      assumes: [arns.role(accountId, roles.plan), arns.role(validating.accountId, roles.validatedReader)],
      output: planArtifact,
      variables: {
        [deliveryVariables.validatingEnvironment]: validating.environment,
        [deliveryVariables.validatingAccount]: validating.accountId,
      },
    });
    const deployment = new ClusterProject(this, 'Deployment', {
      ...context,
      cluster,
      name: clusterProject.deployment(environment),
      description: `Applies approved plans of ${stacks.cluster(environment)}`,
      buildspec: 'apply',
      ownsBuildspec: true,
      timeoutMinutes: delivery.deploymentTimeoutMinutes,
      assumes: [arns.role(accountId, roles.deployment)],
      variables: deploymentLimits(delivery, false),
    });
    new Pipeline(this, 'Pipeline', {
      ...context,
      name,
      roleName: roles.clusterPipeline(environment),
      description: `Runs ${name}`,
      // A stage holds one run, and its approval, plan and hash are that run's. A run that waits is neither dropped for a
      // newer one nor overtaken: a reviewer never finds another plan in place of the one that was read. A plan that was made
      // before an earlier run was applied is refused by the build that applies it, since the state has moved.
      executionMode: 'QUEUED',
      sourceFormat: 'zip',
      variables: imageVariables('validated'),
      stages: [
        {
          name: 'Plan',
          steps: [
            buildStep({
              name: 'Plan',
              project: plan,
              output: planArtifact,
              namespace: planNamespace,
              variables: imagesOfRun(),
            }),
          ],
        },
        {
          name: 'Approve',
          steps: [
            approvalStep({
              name: 'Approve',
              message: ofPlan(deliveryVariables.headline),
              link: ofPlan(deliveryVariables.summaryLink),
              timeoutMinutes: delivery.approvalTimeoutMinutes,
            }),
          ],
        },
        {
          name: 'Deploy',
          steps: [
            buildStep({
              name: 'Deploy',
              project: deployment,
              inputs: [planArtifact],
              namespace: 'Deploy',
              variables: { [deliveryVariables.planSha256]: ofPlan(deliveryVariables.planSha256) },
            }),
          ],
        },
      ],
    });
  }
}
