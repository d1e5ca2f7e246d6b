import { instanceMetricNamespace, scalingGroup, type InstanceRole } from '../../../config/names';
import { instanceDimensions, type GpuMetric, type InstanceMetric, type QueueMetric } from '../../../config/contract';
import type { Operand } from '../../base/math-alarm';

/** Alarms that last look in these steps. */
export const stepSeconds = 300;
export const steps = (minutes: number): number => (minutes * 60) / stepSeconds;

/** What Auto Scaling measures of a role's group, each minute (Amazon EC2 Auto Scaling User Guide, "Amazon CloudWatch metrics"). */
export const ofGroup = (
  environment: string,
  role: InstanceRole,
  metric: 'GroupDesiredCapacity' | 'GroupInServiceInstances' | 'GroupTerminatingInstances',
  stat: Operand['stat'],
): Operand => ({
  namespace: 'AWS/AutoScaling',
  metric,
  dimensions: { AutoScalingGroupName: scalingGroup(environment, role) },
  stat,
});

/** What the instances of a role measure; they share a metric, so its extremes are those of the worst instance. */
export const ofInstances = (
  environment: string,
  role: InstanceRole,
  metric: InstanceMetric | GpuMetric | QueueMetric,
  stat: Operand['stat'],
): Operand => ({
  namespace: instanceMetricNamespace,
  metric,
  dimensions: instanceDimensions(environment, role),
  stat,
});

/** What the manager measures of its queue, each minute. */
export const ofQueue = (environment: string, metric: QueueMetric, stat: Operand['stat']): Operand =>
  ofInstances(environment, 'manager', metric, stat);
