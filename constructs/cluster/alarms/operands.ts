import {
  nodeMetricNamespace,
  scalingGroup,
  type gpuMetrics,
  type nodeMetrics,
  type NodeRole,
  type queueMetrics,
} from '../../../config/names';
import type { Operand } from '../../base/math-alarm';

type NodeMetric = (typeof nodeMetrics)[number] | (typeof gpuMetrics)[number];
type QueueMetric = (typeof queueMetrics)[number];

/** Alarms that last look in these steps. */
export const stepSeconds = 300;
export const steps = (minutes: number): number => (minutes * 60) / stepSeconds;

/** What Auto Scaling says of a role's group, each minute (Amazon EC2 Auto Scaling User Guide, "Amazon CloudWatch metrics"). */
export const ofGroup = (
  environment: string,
  role: NodeRole,
  metric: 'GroupDesiredCapacity' | 'GroupInServiceInstances' | 'GroupTerminatingInstances',
  stat: Operand['stat'],
): Operand => ({
  namespace: 'AWS/AutoScaling',
  metric,
  dimensions: { AutoScalingGroupName: scalingGroup(environment, role) },
  stat,
});

/** What the machines of a role measure; they share a metric, so its extremes are those of the worst machine. */
export const ofNodes = (
  environment: string,
  role: NodeRole,
  metric: NodeMetric | QueueMetric,
  stat: Operand['stat'],
): Operand => ({
  namespace: nodeMetricNamespace,
  metric,
  dimensions: { Environment: environment, Role: role },
  stat,
});

/** What the manager says of its queue, each minute. */
export const ofQueue = (environment: string, metric: QueueMetric, stat: Operand['stat']): Operand =>
  ofNodes(environment, 'manager', metric, stat);
