import { brokerRelease, createsBucket } from './broker/releases';
import { managerMemoryGiB } from './contract';
import { duplicateRules } from './duplicates';
import { groupRules } from './groups';
import { instanceCpus, instanceFamily, instanceMemoryGiB, largestSegmentPo2 } from './instance-types';
import type { ConfigurationProblem } from './problem';
import { rolloutRules } from './rollout-rules';
import { whereReadable } from './readable';
import type { Rule } from './rule';
import type { EnvironmentConfig, FactoryConfig } from './schema';

const smallestOf = <T>(
  items: readonly T[],
  sizeOf: (item: T) => number | undefined,
): { item: T; size: number } | undefined =>
  items
    .flatMap((item) => {
      const size = sizeOf(item);
      return size === undefined ? [] : [{ item, size }];
    })
    .sort((one, other) => one.size - other.size)[0];

/** A segment that is too large for a GPU fails on it each time it is tried, which fails its order. */
const segments: Rule = ({ prover, bento }) => {
  const smallest = smallestOf(prover.instanceTypes, (type) => instanceFamily(type)?.gpuMemory);
  if (smallest === undefined) return undefined;
  const most = largestSegmentPo2(smallest.size);
  if (bento.segmentPo2 <= most) return undefined;
  const message = `is too large for the GPU of ${smallest.item}, ${smallest.size} GiB; give at most ${most}, or other prover.instanceTypes`;
  return { field: 'bento.segmentPo2', value: bento.segmentPo2, message };
};

/** What S3 deletes by age and an order still needs: `constructs/cluster/storage/storage.ts` has which files. */
const keptForOrders =
  (field: 'inputDays' | 'workDays'): Rule =>
  ({ storage, broker }) => {
    const seconds = broker.market.max_order_expiry_secs;
    if (typeof seconds !== 'number' || seconds <= storage[field] * 86_400) return undefined;
    const message = `days are over before an order is, which may take max_order_expiry_secs, ${seconds}; give at least ${Math.ceil(seconds / 86_400)}`;
    return { field: `storage.${field}`, value: storage[field], message };
  };

/** Inputs are uploaded when an order is priced, and used until it ends: S3 must not delete them before. */
const inputs = keptForOrders('inputDays');

/** Receipts exist once an order is proved, and are read when its batch is submitted (`aggregator.rs` upstream). */
const receipts = keptForOrders('workDays');

/** What is left of an order without its receipts needs no inputs. */
const inputsAfterWork: Rule = ({ storage: { inputDays, workDays } }) =>
  inputDays <= workDays
    ? undefined
    : {
        field: 'storage.inputDays',
        value: inputDays,
        message: `days are more than storage.workDays, ${workDays}, after which an order has no receipts and its inputs are of no use; give at most ${workDays}`,
      };

/** On demand instances beyond the most that there may be. */
const onDemandBase: Rule = ({ prover: { onDemand, max } }) =>
  onDemand.base <= max
    ? undefined
    : {
        field: 'prover.onDemand.base',
        value: onDemand.base,
        message: `is above prover.max, ${max}, so that it is never reached; give at most that`,
      };

/** What runs only what was validated is changed by plans that a person approved. */
const approvedPlans: Rule = ({ followsLatest, approval }) =>
  followsLatest || approval
    ? undefined
    : {
        field: 'approval',
        value: approval,
        message:
          'is false where followsLatest is false; set it to true, or let the environment follow the latest images',
      };

const sameType: Rule = ({ prover: { instanceTypes } }) => {
  const twice = instanceTypes.findIndex((type, index) => instanceTypes.indexOf(type) < index);
  return twice < 0
    ? undefined
    : {
        field: `prover.instanceTypes.${twice}`,
        value: instanceTypes[twice],
        message: 'is named twice, which Auto Scaling refuses; name each type once',
      };
};

/** Memory that no instance has left while it works: the alarm would never end. */
const memoryAlarm: Rule = ({ alarms, manager, prover }) => {
  const smallest = smallestOf([manager.instanceType, ...prover.instanceTypes], instanceMemoryGiB);
  if (smallest === undefined || alarms.memoryMiB <= (smallest.size * 1024) / 2) return undefined;
  const message = `is more than half of the memory of ${smallest.item}, ${smallest.size} GiB, so that the alarm fires on a healthy instance; give less`;
  return { field: 'alarms.memoryMiB', value: alarms.memoryMiB, message };
};

/** The agents' CreateBucket has the region as a constraint, which S3 refuses for us-east-1 alone. */
const bucketRegion: Rule = ({ region, broker }) => {
  if (region !== 'us-east-1' || !createsBucket(brokerRelease(broker.releases.from))) return undefined;
  const message =
    'is a release whose agents do not start in us-east-1 (S3 refuses their CreateBucket); give v1.1.2 or later';
  return { field: 'broker.releases.from', value: broker.releases.from, message };
};

const managerMemory: Rule = ({ manager: { instanceType }, bento: { executors } }) => {
  const [memory, { executor, others }] = [instanceMemoryGiB(instanceType), managerMemoryGiB];
  const wanted = executors ?? 1;
  const needed = executor * wanted + others;
  if (memory === undefined || memory >= needed) return undefined;
  const most = Math.floor((memory - others) / executor);
  if (most < 1)
    return {
      field: 'manager.instanceType',
      value: instanceType,
      message: `has ${memory} GiB of memory, and an executor, PostgreSQL, Valkey, API and broker need ${executor + others}; choose a larger type`,
    };
  const message = `need ${executor} GiB each, and the rest of a manager ${others}, of which ${instanceType} has ${memory}; give at most ${most}, or a larger manager.instanceType`;
  return { field: 'bento.executors', value: executors, message };
};

/** An executor computes on one thread and writes segments on another. */
const executorCpus: Rule = ({ manager: { instanceType }, bento: { executors } }) => {
  const cpus = instanceCpus(instanceType);
  if (executors === null || cpus === undefined || executors <= cpus) return undefined;
  const message = `are more than the ${cpus} vCPUs of ${instanceType}; give fewer, or a larger manager.instanceType`;
  return { field: 'bento.executors', value: executors, message };
};

const addresses = (cidr: string): number => 2 ** (32 - Number(cidr.split('/')[1])) - 5;

/**
 * AWS keeps five addresses of each subnet (Amazon VPC User Guide, "Subnet CIDR blocks"). A new manager starts beside the
 * old one, and a refresh may have `maxHealthyPercentage` of the wanted provers (Amazon EC2 Auto Scaling API Reference,
 * "InstanceMaintenancePolicy").
 */
const room: Rule = ({ network, prover }) => {
  const free = network.subnets.reduce((sum, { cidr }) => sum + Math.max(0, addresses(cidr)), 0);
  const endpoints = network.kind === 'own' ? network.interfaceEndpoints.length * network.subnets.length : 0;
  const provers = Math.ceil((prover.max * prover.refresh.maxHealthyPercentage) / 100);
  const needed = provers + 2 + endpoints;
  if (!(free < needed)) return undefined;
  const message = `provers, which are ${provers} during a refresh (maxHealthyPercentage), two managers and ${endpoints} interface endpoints do not fit into network.subnets, which have ${free} addresses; give larger subnets, or less`;
  return { field: 'prover.max', value: prover.max, message };
};

/** NAT gateways serve instances of their own zone; those of the first subnet serve all zones without one. */
const idleNat: Rule = ({ network }) => {
  if (network.kind !== 'own') return undefined;
  const zones = network.subnets.map(({ zone }) => zone);
  const gateways = network.natSubnets.map(({ zone }) => zone);
  const firstServesOthers = zones.some((zone) => !gateways.includes(zone));
  const index = gateways.findIndex((zone, place) => !zones.includes(zone) && !(place === 0 && firstServesOthers));
  return index < 0
    ? undefined
    : {
        field: `network.natSubnets.${index}.zone`,
        value: gateways[index],
        message: 'has no subnet for instances, so its NAT gateway costs money and serves nothing; leave it out',
      };
};

const rules: readonly Rule[] = [
  ...groupRules,
  ...duplicateRules,
  segments,
  inputs,
  receipts,
  inputsAfterWork,
  onDemandBase,
  approvedPlans,
  sameType,
  memoryAlarm,
  bucketRegion,
  managerMemory,
  executorCpus,
  room,
  idleNat,
  ...rolloutRules,
];

/** Values of an environment that are right alone and impossible, or useless, together. */
export const problemsTogether = (
  file: string,
  environment: EnvironmentConfig,
  factory: FactoryConfig,
): readonly ConfigurationProblem[] =>
  rules.flatMap((rule) =>
    whereReadable(() => {
      const wrong = rule(environment, factory.ops);
      return wrong === undefined ? [] : [{ file, ...wrong }];
    }),
  );
