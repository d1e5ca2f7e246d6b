import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../../config';
import { ApprovedPipeline } from './approved-pipeline';
import { FollowingPipeline } from './following-pipeline';
import { PackerPipeline } from './packer-pipeline';
import type { PipelineContext } from './pipeline';
import type { BuildProject } from './steps';

export interface DeliveryProps extends PipelineContext {
  readonly environments: readonly EnvironmentConfig[];
  readonly packerProject: BuildProject;
  /** The topic that hears of starts that failed. */
  readonly topicArn: string;
}

/** Every pipeline: one that bakes images, and one for each environment that runs them. */
export class Delivery extends Construct {
  constructor(scope: Construct, id: string, props: DeliveryProps) {
    super(scope, id);
    const { environments, packerProject, topicArn, ...context } = props;
    const { provingEnvironment } = context.ops.delivery;
    const proving = environments.find(({ environment }) => environment === provingEnvironment);

    new PackerPipeline(this, 'Packer', { ...context, project: packerProject });
    for (const cluster of environments) {
      if (cluster.followsLatest)
        new FollowingPipeline(this, cluster.environment, { ...context, cluster, alarmActions: [topicArn] });
      // The configuration's check lets no proved environment through without one that proves.
      else if (proving !== undefined) new ApprovedPipeline(this, cluster.environment, { ...context, cluster, proving });
    }
  }
}
