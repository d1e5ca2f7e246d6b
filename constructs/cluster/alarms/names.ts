import type { InstanceRole } from '../../../config/contract';
import { stacks } from '../../../config/names';

/** Alarms of a cluster; docs/cluster-alarms.md has what each means. */
export const clusterAlarms = [
  'no-manager',
  'manager-silent',
  'provers-short',
  'manager-boot-failures',
  'prover-boot-failures',
  'manager-services-failing',
  'prover-services-failing',
  'manager-agent-errors',
  'prover-agent-errors',
  'prover-gpu-failures',
  'gpus-idle',
  'queue-old',
  'manager-disk',
  'manager-data-disk',
  'prover-disk',
  'manager-memory',
  'prover-memory',
  'manager-valkey-memory',
  'manager-secrets-stale',
  'prover-secrets-stale',
  'gas-low',
  'gas-out',
  'collateral-low',
  'collateral-out',
] as const;

/** Families of errors that the broker logs by code; `constructs/cluster/alarms/broker-errors.ts` has the codes. */
export const brokerErrorFamilies = [
  'faults',
  'restarts',
  'unexpected',
  'database',
  'expired',
  'late',
  'proving',
  'submission',
  'confirmation',
  'locking',
  'rpc',
  'order-stream',
  'downloads',
  'cancellation',
] as const;

export type BrokerErrorFamily = (typeof brokerErrorFamilies)[number];

/** What notifies people of a cluster beside the balances: each is a composite of several of the others. */
export const compositeAlarms = [
  'manager-unhealthy',
  'provers-unhealthy',
  'agents-failing',
  'work-waiting',
  'machines-filling',
  'secrets-stale',
  'broker-unhealthy',
] as const;

export type ClusterAlarm =
  (typeof clusterAlarms)[number] | (typeof compositeAlarms)[number] | `broker-${BrokerErrorFamily}`;

export const clusterAlarm = (environment: string, alarm: ClusterAlarm): string =>
  `${stacks.cluster(environment)}-${alarm}`;

/**
 * Alarms that roll back a refresh of a role's Auto Scaling group. They are known by their names, so that a group needs no
 * alarm and an alarm no group; docs/cluster-alarms.md explains why these and no others.
 */
export const rollbackAlarms = (environment: string): Readonly<Record<InstanceRole, readonly string[]>> => ({
  manager: [clusterAlarm(environment, 'manager-boot-failures'), clusterAlarm(environment, 'manager-services-failing')],
  prover: [clusterAlarm(environment, 'prover-boot-failures'), clusterAlarm(environment, 'prover-services-failing')],
});

/**
 * What is counted in the logs for an alarm, such as `ManagerBootFailures`. It has no dimensions: an account holds one
 * cluster, and the fields of a log line are all that a metric filter knows.
 */
export const logMetric = (alarm: ClusterAlarm): string =>
  alarm.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
