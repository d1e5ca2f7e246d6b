import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { NoCredentialsError } from './errors';

/** Credentials of a role in a service account, for 15 min. */
export interface AccountCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * Takes a role, for the shortest time that STS grants.
 *
 * @param session who takes it and what for: CloudTrail of the role's account shows it, cut to what STS takes
 * @throws NoCredentialsError, or STS's own error where the role is missing or does not trust the function
 */
export async function assumedRole(sts: STSClient, RoleArn: string, session: string): Promise<AccountCredentials> {
  const { Credentials } = await sts.send(
    // At most 64 characters (AWS STS API Reference, "AssumeRole").
    new AssumeRoleCommand({ RoleArn, RoleSessionName: session.slice(0, 64), DurationSeconds: 900 }),
  );
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined)
    throw new NoCredentialsError(RoleArn);
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}
