import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  LimitExceededException,
  NoSuchEntityException,
  paginateListAccessKeys,
} from '@aws-sdk/client-iam';
import type { Run, StorageKey } from './clients';
import { poll } from '../common/poll';

/** A key of the user, as IAM lists it. */
export interface ListedKey {
  readonly id: string;
  /** Whether it is switched on. */
  readonly works: boolean;
}

/** The user's keys as IAM lists them; for some seconds that can be those of before (IAM User Guide, "Troubleshoot IAM"). */
export async function listedKeys({ clients, settings }: Run): Promise<readonly ListedKey[]> {
  const keys: ListedKey[] = [];
  for await (const { AccessKeyMetadata = [] } of paginateListAccessKeys(
    { client: clients.iam },
    { UserName: settings.user },
  ))
    for (const { AccessKeyId, Status } of AccessKeyMetadata)
      if (AccessKeyId !== undefined) keys.push({ id: AccessKeyId, works: Status === 'Active' });
  return keys;
}

/** Whether a key is listed and works. That it is not is believed only after several looks. */
export const worksNow = async (id: string, run: Run): Promise<boolean> =>
  (await poll(
    async () => ((await listedKeys(run)).some((key) => key.id === id && key.works) ? true : undefined),
    run.waits.listed,
    run.waits.sleep,
  )) === true;

/** Deletes a key, if it is still there. */
export async function deleteKey(AccessKeyId: string, { clients, settings }: Run): Promise<void> {
  try {
    await clients.iam.send(new DeleteAccessKeyCommand({ UserName: settings.user, AccessKeyId }));
  } catch (error) {
    if (!(error instanceof NoSuchEntityException)) throw error;
  }
}

/** Makes a key; undefined where there is no room for one: a user has two at most (IAM quotas). */
export async function makeKey({ clients, settings }: Run): Promise<StorageKey | undefined> {
  try {
    const { AccessKey } = await clients.iam.send(new CreateAccessKeyCommand({ UserName: settings.user }));
    const { AccessKeyId = '', SecretAccessKey = '' } = AccessKey ?? {};
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey };
  } catch (error) {
    if (error instanceof LimitExceededException) return undefined;
    throw error;
  }
}
