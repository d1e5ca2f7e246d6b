/**
 * What the stacks and the instances must agree on: `scripts/boot/contract.json`. TypeScript imports it here, the boot
 * programs load it (`scripts/boot/bento_boot/contract.py`), and bash reads it with jq. It is installed into each image,
 * so that a change of it bakes images.
 *
 * JSON has no comments, so meanings, units and sources are here. Names that code uses are keys: their types follow from
 * the file. Calls are marked as pure, so that a Lambda's archive has only what it uses.
 */
import {
  account,
  brokers,
  clusterPath as clusterPathForm,
  environmentName,
  gpuMetrics as gpu,
  httpsAddress,
  logGroup,
  instanceMetrics as measurements,
  metricDimensions,
  parameters,
  queueMetrics as queue,
  roles,
  secrets,
  smokeProofs as proofs,
  valkeyMetrics as valkey,
} from '../scripts/boot/contract.json';

/** Releases of Bento that images are made for: 1.3 was never released, 1.4 changes `broker.toml`, 2.x the artifacts. */
export { bento as supportedBento } from '../scripts/boot/contract.json';
/**
 * For how many minutes a manager that ends may finish its orders: 2 h and 30 s of the broker (docs/facts/bento.md#broker-drain), and a margin.
 * `TimeoutStopSec=` of `bento-broker.service` is as long.
 */
export { drainMinutes } from '../scripts/boot/contract.json';
/**
 * The parameter `broker-configuration` has the whole broker.toml of each release that images may carry: `releases` starts
 * the line before a text, with the releases that it is for; the key `preflights` has the value `preflightsAtBoot` where
 * the instance puts in its own, since it alone knows how many executors it has.
 */
export { brokerConfiguration } from '../scripts/boot/contract.json';
/** Lifecycle hooks of the groups, which the boot programs complete, and after how many seconds without a heartbeat they end. */
export { lifecycleHooks } from '../scripts/boot/contract.json';
/** What boot programs log word for word, and alarms count. */
export { logLines } from '../scripts/boot/contract.json';
/**
 * GiB that one executor may need (upstream's compose.yml limits it so), and what everything else on a manager needs:
 * PostgreSQL, Valkey, API and broker.
 */
export { managerMemoryGiB } from '../scripts/boot/contract.json';
/** Namespace of what instances measure of themselves. */
export { metricNamespace as instanceMetricNamespace } from '../scripts/boot/contract.json';
/** Folders of an instance: the boot programs, the data volume, and the broker's own on it. */
export { paths } from '../scripts/boot/contract.json';
/** TCP ports of the manager, which provers use (docs/facts/bento.md#ports). */
export { ports } from '../scripts/boot/contract.json';
/** When instances look for new secrets and settings again: hours after they took them, and after they could not. */
export { refreshHours } from '../scripts/boot/contract.json';
/**
 * Settings that instances read, with their forms, limits and defaults (docs/boot.md). `segmentPo2` goes from risc0's least
 * (`MIN_CYCLES_PO2`) to the largest that any GPU proves (`largestSegmentPo2`); upstream's wizard stops at 20 executors, to
 * keep connections few (`generate_config.rs` of `boundless-cli`); a log id has 160 bits (`PovwLogId`, crate
 * `risc0-binfmt`); a chain id is a whole number that JSON holds exactly (RFC 8259, section 6).
 */
export { settings } from '../scripts/boot/contract.json';
/** Minutes after which a smoke test gives up. */
export { smokeLimitMinutes } from '../scripts/boot/contract.json';
/** Tags of an instance that name its purpose. */
export { tags as instanceTags } from '../scripts/boot/contract.json';

const namesOf = <T extends object>(table: T): readonly (keyof T & string)[] =>
  Object.keys(table) as (keyof T & string)[];

/** A text of the contract with values in the place of `{name}`. */
const filled = (form: string, values: Readonly<Record<string, string>>): string =>
  form.replaceAll(/\{([a-zA-Z]+)\}/g, (place, name: string) => values[name] ?? place);

/** A pattern of the contract, which the whole of a value has to match. */
const whole = (pattern: string): RegExp => new RegExp(`^(?:${filled(pattern, { httpsAddress })})$`);

/** The roles that an instance of a cluster can have. */
export const instanceRoles = /* @__PURE__ */ namesOf(roles);
export type InstanceRole = keyof typeof roles;

/** A name of an environment. */
export const environmentPattern = /* @__PURE__ */ whole(environmentName);

/** Everything that the instances of a cluster read at boot is below this path. */
export const clusterPath = (environment: string): string => filled(clusterPathForm, { environment });

/** The log group of a role, to which `bento-logs.service` ships. */
export const instanceLogGroup = (environment: string, role: InstanceRole): string =>
  filled(logGroup, { clusterPath: clusterPath(environment), role });

export type ClusterParameter = keyof typeof parameters;
/** SSM parameters below `clusterPath`: what the stack gives its instances (docs/boot.md has their keys). */
export const clusterParameters = /* @__PURE__ */ namesOf(parameters);
/** Those that a role reads. */
export const parametersOf = (role: InstanceRole): readonly ClusterParameter[] =>
  clusterParameters.filter((name) => parameters[name].readBy.includes(role));

export type ClusterSecret = keyof typeof secrets;
/** Secrets of Secrets Manager below `clusterPath`. */
export const clusterSecrets = /* @__PURE__ */ namesOf(secrets);
/** Whether instances of a role read a secret. */
export const readsSecret = (role: InstanceRole, name: ClusterSecret): boolean => secrets[name].readBy.includes(role);
/** Whether a cluster works without a secret. */
export const isOptionalSecret = (name: ClusterSecret): boolean => !secrets[name].needed;

/** Reports whether a value of a secret has the form that instances take, and what that form is. */
export const formOfSecret = (
  name: ClusterSecret,
): { readonly is: (value: string) => boolean; readonly words: string } => {
  const secret = secrets[name];
  const pattern = whole(secret.pattern);
  const is = (value: string): boolean =>
    'keys' in secret ? hasKeys(value, secret.keys, pattern) : pattern.test(value);
  return { is, words: secret.words };
};

function hasKeys(value: string, keys: readonly string[], pattern: RegExp): boolean {
  try {
    const content = JSON.parse(value) as Readonly<Record<string, unknown>>;
    return keys.every((key) => typeof content[key] === 'string' && pattern.test(content[key]));
  } catch {
    return false;
  }
}

/** An account on a chain. */
export const accountPattern = /* @__PURE__ */ whole(account);

/** What instances measure: bytes of memory, and how full `/` and the data volume are, from 0 to 1 (`Mountpoint`). */
export type InstanceMetric = keyof typeof measurements;
export const instanceMetrics = /* @__PURE__ */ namesOf(measurements);
/** What instances with a GPU measure, in percent; their temperature, in degrees Celsius, as `GpuTemperature`. */
export type GpuMetric = keyof typeof gpu;
export const gpuMetrics = /* @__PURE__ */ namesOf(gpu);
/**
 * What the manager measures of Bento's task database, each minute: tasks that nobody has taken, tasks that are worked on,
 * and for how many seconds the oldest of the first has waited; 0 when there is none.
 */
export type QueueMetric = keyof typeof queue;
export const queueMetrics = /* @__PURE__ */ namesOf(queue);
/** What the manager measures of Valkey, each minute: the part of its memory limit that is taken, from 0 to 1. */
export type ValkeyMetric = keyof typeof valkey;
export const valkeyMetrics = /* @__PURE__ */ namesOf(valkey);

/** Dimensions of what the instances of a role measure; they share a metric, since each further dimension costs. */
export const instanceDimensions = (
  environment: string,
  role: InstanceRole,
  mountpoint?: string,
): Readonly<Record<string, string>> => ({
  [metricDimensions.environment]: environment,
  [metricDimensions.role]: role,
  ...(mountpoint !== undefined && { [metricDimensions.mountpoint]: mountpoint }),
});

/** What a smoke test makes. */
export type SmokeProof = keyof typeof proofs;
export const smokeProofs = /* @__PURE__ */ namesOf(proofs);

/**
 * The broker's releases that the images may carry, in order (docs/facts/bento.md#releases). There is no v1.0.1; 1.4 changes
 * prices and adds sections, and is not among them.
 */
export type BrokerRelease = keyof typeof brokers;
export const brokerReleases = /* @__PURE__ */ namesOf(brokers);
/** Whether a broker's release has a checksum of it beside it. */
export const publishesChecksum = (release: BrokerRelease): boolean => brokers[release].publishesChecksum;
