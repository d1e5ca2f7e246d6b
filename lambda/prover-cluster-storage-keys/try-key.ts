import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { Run, StorageKey } from './clients';
import { RotationRefusedError } from './errors';
import { poll } from '../common/poll';

/** S3's answer to a key that it does not know yet, or whose rights it does not know yet. HEAD has no code, only 403. */
const notYet = ['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'AccessDenied', 'Forbidden', '403', 'Unknown'];

/**
 * Does with a key what Bento does: finds the bucket, writes a file, reads it and deletes it.
 *
 * @throws RotationRefusedError where S3 does not take the key in time
 */
export async function tryKey(key: StorageKey, token: string, { clients, settings, waits }: Run): Promise<void> {
  const s3 = clients.storage(key);
  const Bucket = settings.bucket;
  const file = { Bucket, Key: `key-rotation/${token}` };
  let reason = '';
  const attempt = async (): Promise<true | undefined> => {
    try {
      await s3.send(new HeadBucketCommand({ Bucket }));
      await s3.send(new PutObjectCommand({ ...file, Body: token }));
      const { Body } = await s3.send(new GetObjectCommand(file));
      if ((await Body?.transformToString()) !== token)
        throw new RotationRefusedError(`${Bucket} gives back another file`);
      await s3.send(new DeleteObjectCommand(file));
      return true;
    } catch (error) {
      if (
        !(error instanceof S3ServiceException) ||
        error.$metadata.httpStatusCode !== 403 ||
        !notYet.includes(error.name)
      )
        throw error;
      reason = error.name;
      return undefined;
    }
  };
  try {
    if (await poll(attempt, waits.works, waits.sleep)) return;
  } finally {
    s3.destroy();
  }
  throw new RotationRefusedError(
    `S3 does not take the new key for ${Bucket} (${reason}); look at the user's policy, its boundary and the bucket's policy`,
  );
}
