import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../../../config';
import { ApprovedPipeline } from './approved-pipeline';
import { FollowingPipeline } from './following-pipeline';
import { PackerPipeline } from './packer-pipeline';
import type { PipelineContext } from './pipeline';
import type { BuildProject } from './steps';

export interface DeliveryProps extends PipelineContext {
  readonly environments: readonly EnvironmentConfig[];
  readonly packerProject: BuildProject;
  /** The topic that is notified of starts that failed. */
  readonly topicArn: string;
}

/** Every pipeline: one that bakes images, and one for each environment that runs them. */
export class Delivery extends Construct {
  constructor(scope: Construct, id: string, props: DeliveryProps) {
    super(scope, id);
    const { environments, packerProject, topicArn, ...context } = props;
    const { validatingEnvironment } = context.ops.delivery;
    const validating = environments.find(({ environment }) => environment === validatingEnvironment);

    new PackerPipeline(this, 'Packer', { ...context, project: packerProject });
    for (const cluster of environments) {
      if (cluster.followsLatest)
        new FollowingPipeline(this, cluster.environment, { ...context, cluster, alarmActions: [topicArn] });
      // The configuration's check refuses an environment that follows validated images where no environment validates.
      else if (validating !== undefined)
        new ApprovedPipeline(this, cluster.environment, { ...context, cluster, validating });
    }
  }
}
