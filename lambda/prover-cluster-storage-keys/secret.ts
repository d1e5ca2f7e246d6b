import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { Run, StorageKey } from './clients';
import { RotationRefusedError } from './errors';

/** Labels of versions. Secrets Manager moves `previous` by itself, whenever `current` moves. */
export const labels = { pending: 'AWSPENDING', current: 'AWSCURRENT', previous: 'AWSPREVIOUS' } as const;

/** Ids of versions by label, as they are now. */
export type Versions = Readonly<Partial<Record<keyof typeof labels, string>>>;

/**
 * The versions of the secret.
 *
 * @throws RotationRefusedError unless the version is the one that is being made, or has just become the current one: a late
 * repetition of a rotation that is over must change nothing
 */
export async function versionsFor(token: string, { clients, settings }: Run): Promise<Versions> {
  const { RotationEnabled, VersionIdsToStages = {} } = await clients.secrets.send(
    new DescribeSecretCommand({ SecretId: settings.secretArn }),
  );
  if (RotationEnabled !== true)
    throw new RotationRefusedError(`${settings.secretArn} is not rotated; deploy the cluster's stack again`);
  const stages = VersionIdsToStages[token] ?? [];
  if (!stages.includes(labels.pending) && !stages.includes(labels.current))
    throw new RotationRefusedError(`Version ${token} is neither pending nor current: its rotation is over`);
  const versionWith = (label: string) => Object.entries(VersionIdsToStages).find(([, has]) => has.includes(label))?.[0];
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, label]) => {
      const id = versionWith(label);
      return id === undefined ? [] : [[name, id]];
    }),
  );
}

/** Stands for a value that is no key. */
export const noKey = Symbol('no key');

/** What a version holds: a key, something else, or nothing, where it has no value. */
export type Held = StorageKey | typeof noKey | undefined;

export async function held(version: string | undefined, { clients, settings }: Run): Promise<Held> {
  if (version === undefined) return undefined;
  try {
    const get = new GetSecretValueCommand({ SecretId: settings.secretArn, VersionId: version });
    const { SecretString, SecretBinary } = await clients.secrets.send(get);
    if (SecretBinary !== undefined) return noKey;
    return SecretString === undefined ? undefined : parsed(SecretString);
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

function parsed(text: string): StorageKey | typeof noKey {
  try {
    const { accessKeyId, secretAccessKey } = JSON.parse(text) as Partial<Record<keyof StorageKey, unknown>>;
    const right = (value: unknown): value is string => typeof value === 'string' && /^[!-~]+$/.test(value);
    return right(accessKeyId) && right(secretAccessKey) ? { accessKeyId, secretAccessKey } : noKey;
  } catch {
    return noKey;
  }
}

/**
 * The key in the version that is being made; undefined where there is none yet.
 *
 * @throws RotationRefusedError for a value that is no key. The function writes none, and no instance reads this version: it is
 * given up, so that the next rotation begins with an empty one
 */
export async function pendingKey(token: string, run: Run): Promise<StorageKey | undefined> {
  const value = await held(token, run);
  if (value !== noKey) return value;
  const versions = await versionsFor(token, run);
  if (versions.current === token) throw await currentHoldsNoKey(versions, run);
  return giveUp(token, 'holds no key', run);
}

/** Ends a rotation that cannot come to its end: without its label, the next one makes a version of its own. */
export async function giveUp(token: string, why: string, run: Run): Promise<never> {
  await moveLabel('pending', { from: token }, run);
  throw new RotationRefusedError(
    `Version ${token} ${why}, so it was given up; rotate again: npm run secrets -- <environment> rotate --again`,
  );
}

/** The refusal for a current value that is no key: which one instances use is unknown, and it must not be deleted. */
export async function currentHoldsNoKey({ current = '', previous }: Versions, run: Run): Promise<RotationRefusedError> {
  const { secretArn, user } = run.settings;
  const before = await held(previous, run);
  const fix =
    previous === undefined || before === undefined || before === noKey
      ? `put a key of the user ${user} into it, as {"accessKeyId": "...", "secretAccessKey": "..."}: ` +
        `aws secretsmanager put-secret-value --secret-id ${secretArn} --secret-string file://key.json`
      : 'give the label back to the version before: ' +
        moveCommand(secretArn, labels.current, `--remove-from-version-id ${current} --move-to-version-id ${previous}`);
  return new RotationRefusedError(
    `Version ${current} of ${secretArn} has the label ${labels.current} and holds no key, so it is unknown which key ` +
      `instances use; ${fix}; then rotate again`,
  );
}

/** The refusal for a current version whose value Secrets Manager does not find: the key that instances use may be in it. */
export const currentCannotBeRead = (current: string, { settings: { secretArn, user } }: Run): RotationRefusedError =>
  new RotationRefusedError(
    `Version ${current} of ${secretArn} has the label ${labels.current}, and Secrets Manager finds no value of it, so it ` +
      `is unknown which key of the user ${user} instances use; rotate again`,
  );

/** The refusal for a previous value that is no key, where no other one shows which key instances use. */
export const previousHoldsNoKey = (
  { previous = '' }: Versions,
  { settings: { secretArn, user } }: Run,
): RotationRefusedError =>
  new RotationRefusedError(
    `Version ${previous} of ${secretArn} has the label ${labels.previous} and holds no key, and the key in ` +
      `${labels.current} is none of the working keys of the user ${user}, so it is unknown which of them instances still ` +
      `use; where they use none, take the label away: ` +
      moveCommand(secretArn, labels.previous, `--remove-from-version-id ${previous}`) +
      '; then rotate again',
  );

const moveCommand = (secretArn: string, label: string, versions: string): string =>
  `aws secretsmanager update-secret-version-stage --secret-id ${secretArn} --version-stage ${label} ${versions}`;

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
