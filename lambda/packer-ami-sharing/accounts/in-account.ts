import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { arns, functions } from '../../../config/names';
import type { AccountClients, AccountCredentials } from '../clients';
import { NoCredentialsError } from '../errors';
import { retrying } from '../../common/retry';
import type { Run } from '../run';

/** Which role of which service account, and what the session is for: CloudTrail of that account shows it. */
export interface Place {
  readonly accountId: string;
  readonly role: string;
  readonly purpose: string;
}

/**
 * Works as a role of a service account. After an error that passes, all of it is repeated with a new session: the work
 * must be safe to repeat.
 *
 * @throws NoCredentialsError, STS's own error where the role is missing or does not trust the function, or what the work
 * throws
 */
export const inAccount = <T>(
  { clients, waits }: Run,
  place: Place,
  work: (account: AccountClients) => Promise<T>,
): Promise<T> =>
  retrying(async () => {
    const account = clients.inAccount(await credentialsOf(clients.sts, place));
    try {
      return await work(account);
    } finally {
      // The function outlives the credentials: without this, each image would leave open connections behind.
      for (const client of [account.ec2, account.iam, account.ssm]) client.destroy();
    }
  }, waits);

async function credentialsOf(sts: STSClient, { accountId, role, purpose }: Place): Promise<AccountCredentials> {
  const RoleArn = arns.role(accountId, role);
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({
      RoleArn,
      // At most 64 characters (AWS STS API Reference, "AssumeRole").
      RoleSessionName: `${functions.sharing}-${purpose}`.slice(0, 64),
      // The shortest that STS grants.
      DurationSeconds: 900,
    }),
  );
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined)
    throw new NoCredentialsError(RoleArn);
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}
