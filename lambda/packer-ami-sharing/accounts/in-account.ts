import { arns, functions } from '../../../config/names';
import { assumedRole } from '../../common/assumed-role';
import type { AccountClients } from '../clients';
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
  { accountId, role, purpose }: Place,
  work: (account: AccountClients) => Promise<T>,
): Promise<T> =>
  retrying(async () => {
    const session = `${functions.sharing}-${purpose}`;
    const account = clients.inAccount(await assumedRole(clients.sts, arns.role(accountId, role), session));
    try {
      return await work(account);
    } finally {
      // The function outlives the credentials: without this, each image would leave open connections behind.
      for (const client of [account.ec2, account.iam, account.ssm]) client.destroy();
    }
  }, waits);
