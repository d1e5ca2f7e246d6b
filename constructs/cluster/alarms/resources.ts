import { Construct } from 'constructs';
import { instanceDimensions, paths, type InstanceMetric, type ValkeyMetric } from '../../../config/contract';
import { instanceMetricNamespace, instanceRoles } from '../../../config/names';
import { clusterAlarm } from './names';
import { Alarm } from '../../base/alarm';
import type { AlarmsProps } from './props';
import { AccountStack } from '../../base/account-stack';

const disks = [
  { alarm: 'manager-disk', role: 'manager', mountpoint: '/' },
  { alarm: 'manager-data-disk', role: 'manager', mountpoint: paths.data },
  { alarm: 'prover-disk', role: 'prover', mountpoint: '/' },
] as const;

const MiB = 1024 ** 2;

/**
 * Percent of Valkey's limit. One order fills it within minutes, faster than any instance fills a disk: what is left is for
 * the segments of guests that run while an operator stops the broker from locking more.
 */
const valkeyPercent = 75;

/** Disks, memory and Valkey before they are full. Instances measure themselves: where there are none, there are no metrics. */
export class Resources extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, { thresholds }: AlarmsProps) {
    super(scope, id);
    const { environment } = AccountStack.of(this).account;
    const { diskPercent, memoryMiB } = thresholds;
    const common = {
      namespace: instanceMetricNamespace,
      periodSeconds: 300,
      missingData: 'notBreaching',
      actions: [],
    } as const;
    this.alarms = [
      ...disks.map(
        ({ alarm, role, mountpoint }) =>
          new Alarm(this, alarm, {
            ...common,
            name: clusterAlarm(environment, alarm),
            description: `The file system ${mountpoint} of a ${role} instance is more than ${diskPercent} % full.`,
            metric: 'FilesystemUsed' satisfies InstanceMetric,
            dimensions: instanceDimensions(environment, role, mountpoint),
            statistic: 'Maximum',
            threshold: diskPercent / 100,
          }),
      ),
      ...instanceRoles.map(
        (role) =>
          new Alarm(this, `${role}-memory`, {
            ...common,
            name: clusterAlarm(environment, `${role}-memory`),
            description: `A ${role} instance has less than ${memoryMiB} MiB of memory available.`,
            metric: 'MemoryAvailable' satisfies InstanceMetric,
            dimensions: instanceDimensions(environment, role),
            statistic: 'Minimum',
            threshold: memoryMiB * MiB,
            firesWhen: 'below',
          }),
      ),
      new Alarm(this, 'valkey-memory', {
        ...common,
        name: clusterAlarm(environment, 'manager-valkey-memory'),
        description: `Valkey of the manager uses more than ${valkeyPercent} % of its memory limit. At 100 % jobs of orders fail.`,
        metric: 'ValkeyMemoryUsed' satisfies ValkeyMetric,
        dimensions: instanceDimensions(environment, 'manager'),
        statistic: 'Maximum',
        periodSeconds: 60,
        threshold: valkeyPercent / 100,
      }),
    ];
  }
}
