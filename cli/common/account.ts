import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { placeholderHint } from '../../config/placeholder';

/** @throws Error for credentials of another account: a mix-up must not change anything there */
export async function expectAccount(region: string, accountId: string): Promise<void> {
  const { Account } = await new STSClient({ region }).send(new GetCallerIdentityCommand({}));
  if (Account !== accountId)
    throw new Error(
      `These are credentials of ${Account ?? 'nobody'}, not of ${accountId}; set AWS_PROFILE${placeholderHint(accountId)}`,
    );
}
