import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../../../config';
import { drainMinutes } from '../../../config/contract';
import { scalingGroup } from '../../../config/names';
import type { GroupRollout } from '../../../config/rollout';
import { InstanceGroup, type InstanceGroupProps } from './instance-group';

/** What both groups get from their stack. */
export type GroupProps = Pick<InstanceGroupProps, 'template' | 'imageId' | 'subnetIds' | 'tags' | 'after'> & {
  readonly config: EnvironmentConfig;
  /** Names of alarms that roll a refresh back. */
  readonly alarms: readonly string[];
};

/**
 * One manager at a time. The old one ends before the new one gets the data volume, so nothing is gained by starting
 * first; the new one waits for the volume (docs/boot.md).
 *
 * `after` has the provers: a broker that finishes its orders needs them, so on the way down the manager goes first.
 */
export class ManagerGroup extends Construct {
  readonly rollout: GroupRollout;

  constructor(scope: Construct, id: string, { config, alarms, ...props }: GroupProps) {
    super(scope, id);
    const { desired, refresh } = config.manager;
    this.rollout = new InstanceGroup(this, 'Default', {
      ...props,
      name: scalingGroup(config.environment, 'manager'),
      min: desired,
      desired,
      max: 1,
      scales: false,
      drainMinutes,
      refresh: {
        minHealthyPercentage: 0,
        maxHealthyPercentage: 100,
        checkpoints: [100],
        bakeMinutes: refresh.bakeMinutes,
        alarms,
      },
    }).rollout;
  }
}
