import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { Run, StorageKey } from './clients';
import { RotationRefused } from './errors';

/** Labels of versions. Secrets Manager moves `previous` by itself, whenever `current` moves. */
export const labels = { pending: 'AWSPENDING', current: 'AWSCURRENT', previous: 'AWSPREVIOUS' } as const;

/** Ids of versions by label, as they are now. */
export type Versions = Readonly<Partial<Record<keyof typeof labels, string>>>;

/**
 * The versions of the secret.
 *
 * @throws RotationRefused unless the version is the one that is being made, or has just become the current one: a late
 * repetition of a rotation that is over must change nothing
 */
export async function versionsFor(token: string, { clients, settings }: Run): Promise<Versions> {
  const { RotationEnabled, VersionIdsToStages = {} } = await clients.secrets.send(
    new DescribeSecretCommand({ SecretId: settings.secretArn }),
  );
  if (RotationEnabled !== true)
    throw new RotationRefused(`${settings.secretArn} is not rotated; deploy the cluster's stack again`);
  const stages = VersionIdsToStages[token] ?? [];
  if (!stages.includes(labels.pending) && !stages.includes(labels.current))
    throw new RotationRefused(`Version ${token} is neither pending nor current: its rotation is over`);
  const versionWith = (label: string) => Object.entries(VersionIdsToStages).find(([, has]) => has.includes(label))?.[0];
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, label]) => {
      const id = versionWith(label);
      return id === undefined ? [] : [[name, id]];
    }),
  );
}

/** The text of a version; undefined for one without a value. */
async function textOf(version: string, { clients, settings }: Run): Promise<string | undefined> {
  try {
    const get = new GetSecretValueCommand({ SecretId: settings.secretArn, VersionId: version });
    return (await clients.secrets.send(get)).SecretString;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/**
 * The key in a version; undefined where there is none.
 *
 * @throws RotationRefused for a value that is no key: which one machines use is unknown then, and it must not be deleted
 */
export async function keyIn(version: string | undefined, run: Run): Promise<StorageKey | undefined> {
  const text = version === undefined ? undefined : await textOf(version, run);
  if (text === undefined) return undefined;
  const key = parsed(text);
  if (key !== undefined) return key;
  throw new RotationRefused(
    `Version ${String(version)} of ${run.settings.secretArn} holds no key, so nobody knows which one machines use; ` +
      'move AWSCURRENT back to a version that does (docs/secrets.md, "Storage")',
  );
}

function parsed(text: string): StorageKey | undefined {
  try {
    const { accessKeyId, secretAccessKey } = JSON.parse(text) as Partial<Record<keyof StorageKey, unknown>>;
    const right = (value: unknown): value is string => typeof value === 'string' && /^[!-~]+$/.test(value);
    return right(accessKeyId) && right(secretAccessKey) ? { accessKeyId, secretAccessKey } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Writes the key into the version that is being made.
 *
 * @returns whether it is there; false where another invocation was faster with a key of its own
 */
export async function putKey(token: string, key: StorageKey, { clients, settings }: Run): Promise<boolean> {
  try {
    await clients.secrets.send(
      new PutSecretValueCommand({
        SecretId: settings.secretArn,
        ClientRequestToken: token,
        SecretString: JSON.stringify({ accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey }),
        VersionStages: [labels.pending],
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ResourceExistsException) return false;
    throw error;
  }
}

/** Moves a label; without `to` it is taken away. */
export async function moveLabel(
  label: keyof typeof labels,
  { from, to }: { readonly from?: string | undefined; readonly to?: string },
  { clients, settings }: Run,
): Promise<void> {
  await clients.secrets.send(
    new UpdateSecretVersionStageCommand({
      SecretId: settings.secretArn,
      VersionStage: labels[label],
      ...(from !== undefined && { RemoveFromVersionId: from }),
      ...(to !== undefined && { MoveToVersionId: to }),
    }),
  );
}
