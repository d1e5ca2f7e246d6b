import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  LimitExceededException,
  NoSuchEntityException,
  paginateListAccessKeys,
  type StatusType,
} from '@aws-sdk/client-iam';
import type { Run, StorageKey } from './clients';
import { logger } from './telemetry';
import { repeat } from './waits';

/** Ids of the user's keys: of all, or of those that work. */
export async function keyIds({ clients, settings }: Run, status?: StatusType): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { AccessKeyMetadata = [] } of paginateListAccessKeys(
    { client: clients.iam },
    { UserName: settings.user },
  ))
    ids.push(
      ...AccessKeyMetadata.flatMap(({ AccessKeyId, Status }) =>
        AccessKeyId !== undefined && (status === undefined || Status === status) ? [AccessKeyId] : [],
      ),
    );
  return ids;
}

/** Deletes every key but these: those of before, and those whose rotation was cut short, which nobody knows. */
export async function deleteOthers(kept: readonly string[], run: Run): Promise<void> {
  const others = (await keyIds(run)).filter((id) => !kept.includes(id));
  for (const AccessKeyId of others) await deleteKey(AccessKeyId, run);
  if (others.length > 0) logger.info('Deleted keys', { user: run.settings.user, count: others.length });
}

/** Deletes a key, if it is still there. */
export async function deleteKey(AccessKeyId: string, { clients, settings }: Run): Promise<void> {
  try {
    await clients.iam.send(new DeleteAccessKeyCommand({ UserName: settings.user, AccessKeyId }));
  } catch (error) {
    if (!(error instanceof NoSuchEntityException)) throw error;
  }
}

/**
 * Makes a key beside the ones that are kept. A user has two at most (IAM quotas): where there is no room, an answer was
 * lost and left a key that nobody knows, or IAM does not yet see that one was deleted.
 */
export async function makeKey(kept: readonly string[], run: Run): Promise<StorageKey> {
  const { clients, settings, waits } = run;
  let full: LimitExceededException | undefined;
  const made = await repeat(
    async () => {
      await deleteOthers(kept, run);
      try {
        const { AccessKey } = await clients.iam.send(new CreateAccessKeyCommand({ UserName: settings.user }));
        const { AccessKeyId = '', SecretAccessKey = '' } = AccessKey ?? {};
        return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey };
      } catch (error) {
        if (!(error instanceof LimitExceededException)) throw error;
        full = error;
        return undefined;
      }
    },
    waits.room,
    waits.sleep,
  );
  if (made === undefined) throw full ?? new Error(`${settings.user} got no key`);
  return made;
}
