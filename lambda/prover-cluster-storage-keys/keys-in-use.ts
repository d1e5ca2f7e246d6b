import type { Run } from './clients';
import { deleteKey, listedKeys, worksNow, type ListedKey } from './keys';
import {
  currentCannotBeRead,
  currentHoldsNoKey,
  held,
  noKey,
  pendingKey,
  previousHoldsNoKey,
  versionsFor,
} from './secret';
import { logger } from './telemetry';

/**
 * Deletes the keys that no version in use holds: those of before, and those whose rotation was cut short, which nobody
 * knows.
 *
 * @throws RotationRefusedError where it is unknown which keys are in use; nothing is deleted then
 */
export async function deleteOthers(token: string, run: Run): Promise<void> {
  // Labels and values are read after the list: a key that is made in between is not on it, and so stays.
  const listed = await listedKeys(run);
  const kept = await keptIds(token, listed, run);
  const others = listed.filter(({ id }) => !kept.includes(id));
  for (const { id } of others) await deleteKey(id, run);
  if (others.length > 0) logger.info('Deleted keys', { user: run.settings.user, count: others.length });
}

/**
 * Ids of the keys that stay: the one in AWSCURRENT, which instances read, whatever IAM lists; the one in the version that
 * is being made; and the one in AWSPREVIOUS, which instances that started earlier may still use, where the current one
 * was deleted or switched off by hand. Where the version has become the current one, all stay until the next rotation.
 */
async function keptIds(token: string, listed: readonly ListedKey[], run: Run): Promise<readonly string[]> {
  const versions = await versionsFor(token, run);
  if (versions.current === token) return listed.map(({ id }) => id);
  const current = await held(versions.current, run);
  if (current === noKey) throw await currentHoldsNoKey(versions, run);
  if (current === undefined && versions.current !== undefined) throw currentCannotBeRead(versions.current, run);
  const currentId = current?.accessKeyId;
  const kept = [currentId, (await pendingKey(token, run))?.accessKeyId].filter((id) => id !== undefined);
  if (listed.every(({ id }) => kept.includes(id))) return kept;
  const works = listed.some(({ id, works: isOn }) => id === currentId && isOn);
  if (works || (currentId !== undefined && (await worksNow(currentId, run)))) return kept;
  const previous = await held(versions.previous, run);
  if (previous === noKey) throw previousHoldsNoKey(versions, run);
  return previous === undefined ? kept : [...kept, previous.accessKeyId];
}
