import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { arns, functions, roles } from '../../config/names';
import type { AccountCredentials } from './clients';
import { NoCredentialsError } from './errors';

/**
 * Takes the publisher role of a service account. The session is named after the function and the image: CloudTrail of
 * that account then says which image a pointer was moved for.
 *
 * @throws NoCredentialsError, or STS's own error where the role is missing or does not trust the function
 */
export async function publisherCredentials(
  sts: STSClient,
  accountId: string,
  imageId: string,
): Promise<AccountCredentials> {
  const RoleArn = arns.role(accountId, roles.publisher);
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({
      RoleArn,
      // At most 64 characters (AWS STS API Reference, "AssumeRole").
      RoleSessionName: `${functions.sharing}-${imageId}`.slice(0, 64),
      // The shortest that STS grants.
      DurationSeconds: 900,
    }),
  );
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined)
    throw new NoCredentialsError(RoleArn);
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}
