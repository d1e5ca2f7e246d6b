import type { EnvironmentConfig } from '../../config';
import { clusterSecrets, isOptionalSecret, type ClusterSecret } from '../../config/names';
import { generatedSecrets } from './names';
import { problemWith } from './forms';
import { binary, NoSuchSecretError, type StoredSecrets } from './stored';

/** How a secret is. */
export interface SecretStatus {
  readonly name: ClusterSecret;
  readonly state: 'right' | 'missing' | 'malformed' | 'not there';
  /** Whether instances do without it. */
  readonly optional: boolean;
  /** What to do, or what is worth knowing; empty for nothing. */
  readonly remark: string;
}

const isIn = (list: readonly ClusterSecret[], name: ClusterSecret): boolean => list.includes(name);
const day = (date: Date | undefined): string => date?.toISOString().slice(0, 10) ?? 'never';

/** What gives a secret its value. */
function remedy(name: ClusterSecret, environment: string, replace = false): string {
  if (name === 'storage') return `npm run secrets -- ${environment} rotate`;
  if (isIn(generatedSecrets, name)) return 'raise its number in secrets.passwordVersions, and deploy';
  return `npm run secrets -- ${environment} set ${name}${replace ? ' --replace' : ''}`;
}

async function statusOf(name: ClusterSecret, stored: StoredSecrets, config: EnvironmentConfig): Promise<SecretStatus> {
  const { environment } = config;
  const optional = isOptionalSecret(name);
  const status = (state: SecretStatus['state'], remark: string): SecretStatus => ({ name, state, optional, remark });
  let description;
  try {
    description = await stored.describe(name);
  } catch (error) {
    if (error instanceof NoSuchSecretError) return status('not there', `deploy prover-cluster-${environment}`);
    throw error;
  }
  const value = await stored.value(name);
  const unused = name === 'order-stream-url' && config.bento.deployment === null;
  if (value === undefined)
    return status('missing', optional ? 'only for a bento.deployment' : remedy(name, environment));
  const problem = value === binary ? 'is binary, and instances read text' : problemWith(name, value);
  if (problem !== undefined) return status('malformed', `${problem}; ${remedy(name, environment, true)}`);
  const { LastRotatedDate, NextRotationDate } = description;
  if (name === 'storage') return status('right', `rotated ${day(LastRotatedDate)}, next by ${day(NextRotationDate)}`);
  return status('right', unused ? 'unused: the broker reads it only with a bento.deployment' : '');
}

/** All secrets of an environment, in the order in which the boot asks for them. */
export async function statusOfAll(stored: StoredSecrets, config: EnvironmentConfig): Promise<readonly SecretStatus[]> {
  const all: SecretStatus[] = [];
  for (const name of clusterSecrets) all.push(await statusOf(name, stored, config));
  return all;
}

/** Whether instances could start with these secrets. */
export const isEnough = (statuses: readonly SecretStatus[]): boolean =>
  statuses.every(({ state, optional }) => state === 'right' || (optional && state === 'missing'));

/** A line for each secret. */
export const lines = (statuses: readonly SecretStatus[]): readonly string[] =>
  statuses.map(({ name, state, optional, remark }) =>
    [name.padEnd(18), (optional && state === 'missing' ? 'not set' : state).padEnd(10), remark].join(' ').trimEnd(),
  );
