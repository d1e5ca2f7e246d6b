import { Construct } from 'constructs';
import {
  clusterAlarm,
  dataMountpoint,
  nodeMetricNamespace,
  nodeRoles,
  type NodeRole,
  type valkeyMetrics,
} from '../../../config/names';
import { Alarm } from '../../base/alarm';
import type { AlarmsProps } from './props';

const disks = [
  { alarm: 'manager-disk', role: 'manager', mountpoint: '/' },
  { alarm: 'manager-data-disk', role: 'manager', mountpoint: dataMountpoint },
  { alarm: 'prover-disk', role: 'prover', mountpoint: '/' },
] as const;

const MiB = 1024 ** 2;

/**
 * Percent of Valkey's limit. One order fills it within minutes, faster than any machine fills a disk: what is left is for
 * the segments of guests that run while an operator stops the broker from locking more.
 */
const valkeyPercent = 75;

/** Disks, memory and Valkey before they are full. Machines measure themselves: where there are none, there is nothing to say. */
export class Resources extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, { environment, thresholds }: AlarmsProps) {
    super(scope, id);
    const { diskPercent, memoryMiB } = thresholds;
    const common = {
      namespace: nodeMetricNamespace,
      periodSeconds: 300,
      missingData: 'notBreaching',
      actions: [],
    } as const;
    const dimensions = (role: NodeRole) => ({ Environment: environment, Role: role });
    this.alarms = [
      ...disks.map(
        ({ alarm, role, mountpoint }) =>
          new Alarm(this, alarm, {
            ...common,
            name: clusterAlarm(environment, alarm),
            description: `The file system ${mountpoint} of a ${role} instance is more than ${diskPercent} % full.`,
            metric: 'FilesystemUsed',
            dimensions: { ...dimensions(role), Mountpoint: mountpoint },
            statistic: 'Maximum',
            threshold: diskPercent / 100,
          }),
      ),
      ...nodeRoles.map(
        (role) =>
          new Alarm(this, `${role}-memory`, {
            ...common,
            name: clusterAlarm(environment, `${role}-memory`),
            description: `A ${role} instance has less than ${memoryMiB} MiB of memory available.`,
            metric: 'MemoryAvailable',
            dimensions: dimensions(role),
            statistic: 'Minimum',
            threshold: memoryMiB * MiB,
            rings: 'below',
          }),
      ),
      new Alarm(this, 'valkey-memory', {
        ...common,
        name: clusterAlarm(environment, 'manager-valkey-memory'),
        description: `Valkey of the manager uses more than ${valkeyPercent} % of its memory limit. At 100 % jobs of orders fail.`,
        metric: 'ValkeyMemoryUsed' satisfies (typeof valkeyMetrics)[number],
        dimensions: dimensions('manager'),
        statistic: 'Maximum',
        periodSeconds: 60,
        threshold: valkeyPercent / 100,
      }),
    ];
  }
}
