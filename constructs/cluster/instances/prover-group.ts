import { Construct } from 'constructs';
import { scalingGroup } from '../../../config/names';
import type { GroupRollout } from '../../../config/rollout';
import type { GroupProps } from './manager-group';
import { InstanceGroup } from './instance-group';
import { ProverScaling } from './prover-scaling';

/** A snark takes minutes; whatever takes longer is tried again by another prover (docs/facts/bento.md#agents). */
const drainMinutes = 60;

/** Instances with GPUs, of several types and in several zones, since one type in one zone is soon used up. */
export class ProverGroup extends Construct {
  readonly rollout: GroupRollout;

  constructor(scope: Construct, id: string, { config, alarms, ...props }: GroupProps) {
    super(scope, id);
    const { instanceTypes, min, desired, max, refresh, scaling, onDemand } = config.prover;
    const takesSpot = onDemand.percentAboveBase < 100 && onDemand.base < max;
    const group = new InstanceGroup(this, 'Default', {
      ...props,
      name: scalingGroup(config.environment, 'prover'),
      min,
      desired,
      max,
      scales: scaling !== null,
      drainMinutes,
      refresh: { ...refresh, alarms },
      // Amazon EC2 Auto Scaling User Guide, "Allocation strategies for multiple instance types".
      mixed: {
        instanceTypes,
        onDemandBaseCapacity: onDemand.base,
        onDemandPercentageAboveBaseCapacity: onDemand.percentAboveBase,
      },
      more: {
        // A successor starts as soon as AWS expects to take a spot instance back.
        capacityRebalance: takesSpot,
        // It would end instances that work for the sake of even zones, and their GPUs may be gone for good.
        suspendedProcesses: ['AZRebalance'],
      },
    });
    if (scaling !== null) new ProverScaling(this, 'Scaling', { scaling, groupName: group.name });
    this.rollout = group.rollout;
  }
}
