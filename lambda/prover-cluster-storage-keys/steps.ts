import type { Run, StorageKey } from './clients';
import { RotationRefusedError } from './errors';
import type { RotationEvent, Step } from './event';
import { deleteKey, makeKey, worksNow } from './keys';
import { deleteOthers } from './keys-in-use';
import { giveUp, moveLabel, pendingKey, putKey, versionsFor, type Versions } from './secret';
import { logger } from './telemetry';
import { tryKey } from './try-key';
import { poll } from '../common/poll';

type Work = (token: string, versions: Versions, run: Run) => Promise<void>;

/**
 * Makes a key and keeps it in the version, unless there is one already. The key of before the current one goes. Where
 * there is no room, an answer was lost and left a key that nobody knows, or IAM does not yet see that one was deleted.
 */
const createSecret: Work = async (token, _, run) => {
  const made = async () => {
    if ((await pendingKey(token, run)) !== undefined) return true;
    await deleteOthers(token, run);
    const key = await makeKey(run);
    if (key === undefined) return undefined;
    // A crash here leaves a key that nobody knows; the next attempt deletes it.
    if (!(await putKey(token, key, run))) await deleteKey(key.accessKeyId, run);
    return true;
  };
  if (await poll(made, run.waits.room, run.waits.sleep)) return;
  const { user } = run.settings;
  throw new RotationRefusedError(
    `${user} has two keys, and none that may be deleted. Where the key in AWSCURRENT is switched off: switch it on again, ` +
      `or delete it (aws iam list-access-keys --user-name ${user}; aws iam delete-access-key --user-name ${user} ` +
      '--access-key-id <the inactive one>). Then rotate again',
  );
};

/**
 * IAM has the key already; it must have no others but those in use. A key that is not there any more, since an operator
 * has deleted it, can't come back: the version is given up.
 */
const setSecret: Work = async (token, _, run) => {
  const { accessKeyId } = await keyOf(token, run);
  if (!(await worksNow(accessKeyId, run))) await giveUp(token, 'has a key that is gone from IAM', run);
  await deleteOthers(token, run);
};

const testSecret: Work = async (token, _, run) => {
  await tryKey(await keyOf(token, run), token, run);
};

/**
 * Makes the version the current one. The key of before works until the next rotation. What instances read next is tried
 * once more: a step may come out of turn, and of two invocations at a time one may have deleted the other's key.
 */
const finishSecret: Work = async (token, { current }, run) => {
  if (current !== token) {
    await tryKey(await keyOf(token, run), token, run);
    await moveLabel('current', { from: current, to: token }, run);
  }
  // Else the next rotation would take this one for unfinished (AWS Secrets Manager API Reference, "RotateSecret").
  await moveLabel('pending', { from: token }, run);
};

async function keyOf(token: string, run: Run): Promise<StorageKey> {
  const key = await pendingKey(token, run);
  if (key === undefined) throw new RotationRefusedError(`Version ${token} has no key; createSecret comes first`);
  return key;
}

const work: Readonly<Record<Step, Work>> = { createSecret, setSecret, testSecret, finishSecret };

/**
 * One step of a rotation. Each can be repeated, and after a crash between any two calls a repetition does the rest.
 *
 * @throws RotationRefusedError where it must not go on, and what AWS answers
 */
export async function rotate({ step, secretArn, token }: RotationEvent, run: Run): Promise<void> {
  if (secretArn !== run.settings.secretArn)
    throw new RotationRefusedError(`${secretArn} is not the secret of this function, ${run.settings.secretArn}`);
  const versions = await versionsFor(token, run);
  if (versions.pending === token) await work[step](token, versions, run);
  logger.info(versions.pending === token ? 'Done' : 'This rotation is over already', { step, version: token });
}
