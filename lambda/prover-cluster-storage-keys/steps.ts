import type { Run } from './clients';
import { RotationRefused } from './errors';
import type { RotationEvent, Step } from './event';
import { deleteKey, deleteOthers, keyIds, makeKey } from './keys';
import { keyIn, moveLabel, putKey, versionsFor, type Versions } from './secret';
import { logger } from './telemetry';
import { tryKey } from './try-key';
import { repeat } from './waits';

type Work = (token: string, versions: Versions, run: Run) => Promise<void>;

/**
 * Id of the key that machines use, beside that of the version that is being made: the current one. Where somebody has
 * deleted or switched off that one by hand, machines that started earlier may still use the one of before. Where the new
 * version is the current one already, after a crash in the last step, it is the one of before too.
 */
async function keyInUse(token: string, { current, previous }: Versions, run: Run): Promise<readonly string[]> {
  const working = await keyIds(run, 'Active');
  for (const version of [current, previous]) {
    if (version === token) continue;
    const id = (await keyIn(version, run))?.accessKeyId;
    if (id !== undefined && working.includes(id)) return [id];
  }
  return [];
}

/** Makes a key and keeps it in the version, unless there is one already. The key of before the current one goes. */
const createSecret: Work = async (token, versions, run) => {
  if ((await keyIn(token, run)) !== undefined) return;
  const key = await makeKey(await keyInUse(token, versions, run), run);
  // A crash here leaves a key that nobody knows; the next attempt deletes it.
  if (!(await putKey(token, key, run))) await deleteKey(key.accessKeyId, run);
};

/**
 * IAM has the key already; it must have no others but the one in use. A key that is not there any more, since two
 * invocations at a time took each other's for one that nobody knows, can't come back: the rotation begins anew.
 */
const setSecret: Work = async (token, versions, run) => {
  const { accessKeyId } = await pendingKey(token, run);
  const isListed = async () => ((await keyIds(run, 'Active')).includes(accessKeyId) ? true : undefined);
  if (await repeat(isListed, run.waits.listed, run.waits.sleep)) {
    await deleteOthers([accessKeyId, ...(await keyInUse(token, versions, run))], run);
    return;
  }
  await moveLabel('pending', { from: token }, run);
  throw new RotationRefused(
    `The key of version ${token} is gone from IAM, so the version was given up; rotate again: ` +
      'npm run secrets -- <environment> rotate --again',
  );
};

const testSecret: Work = async (token, _, run) => {
  await tryKey(await pendingKey(token, run), token, run);
};

/**
 * Makes the version the current one. The key of before works until the next rotation. What machines read next is tried
 * once more: a step may come out of turn, and of two invocations at a time one may have deleted the other's key.
 */
const finishSecret: Work = async (token, { current }, run) => {
  if (current !== token) {
    await tryKey(await pendingKey(token, run), token, run);
    await moveLabel('current', { from: current, to: token }, run);
  }
  // Else the next rotation would take this one for unfinished (AWS Secrets Manager API Reference, "RotateSecret").
  await moveLabel('pending', { from: token }, run);
};

async function pendingKey(token: string, run: Run) {
  const key = await keyIn(token, run);
  if (key === undefined) throw new RotationRefused(`Version ${token} has no key; createSecret comes first`);
  return key;
}

const work: Readonly<Record<Step, Work>> = { createSecret, setSecret, testSecret, finishSecret };

/**
 * One step of a rotation. Each can be repeated, and after a crash between any two calls a repetition does the rest.
 *
 * @throws RotationRefused where it must not go on, and what AWS answers
 */
export async function rotate({ step, secretArn, token }: RotationEvent, run: Run): Promise<void> {
  if (secretArn !== run.settings.secretArn)
    throw new RotationRefused(`${secretArn} is not the secret of this function, ${run.settings.secretArn}`);
  const versions = await versionsFor(token, run);
  if (versions.pending === token) await work[step](token, versions, run);
  logger.info(versions.pending === token ? 'Done' : 'This rotation is over already', { step, version: token });
}
