import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { EnvironmentConfig } from '../../config';
import { actAsVariable, arns } from '../../config/names';
import { placeholderHint } from '../../config/placeholder';
import { DeliveryRefusedError } from './problem';

/** What SDK clients need to act in an account: the credentials at hand, a profile, or what a rehearsal gives. */
export interface ClientSettings {
  readonly region: string;
  readonly profile?: string;
  readonly endpoint?: string;
  readonly maxAttempts?: number;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
  };
}

/** How Terraform and SDK clients get into a service account. */
export interface Access {
  readonly client: ClientSettings;
  /** Environment variables of Terraform. */
  readonly environment: Readonly<Record<string, string>>;
  /** Arguments of `terraform init`. */
  readonly initArguments: readonly string[];
}

/** The profile of the cluster's account. A saved plan keeps its name, so planning and applying call it the same. */
const clusterProfile = 'boundless-cluster';

/** A wait of an hour should not end because AWS was throttling for a minute; the SDK's own limit is 3. */
export const maxAttempts = 10;

/** A role of another account, and the profile to reach it by. */
export interface ProfileRole {
  readonly profile: string;
  readonly roleArn: string;
}

/**
 * Writes profiles that act through roles, and lets the SDKs of this process and its children find them. A caller that uses such
 * a profile takes the role itself and again before its session ends; exported credentials would end after an hour.
 *
 * @throws DeliveryRefusedError where there are no credentials that a profile can start from
 */
export async function writeProfiles(
  folder: string,
  region: string,
  profiles: readonly ProfileRole[],
  variables: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const source = credentialSource(variables);
  const session = `delivery-${(variables['CODEBUILD_BUILD_ID'] ?? 'local').split(':').at(-1) ?? ''}`;
  const text = profiles.map(({ profile, roleArn }) =>
    [
      `[profile ${profile}]`,
      `role_arn = ${roleArn}`,
      `role_session_name = ${session}`,
      `credential_source = ${source}`,
      `region = ${region}`,
      '',
    ].join('\n'),
  );
  await mkdir(folder, { recursive: true });
  const file = path.resolve(folder, 'aws-config');
  await writeFile(file, text.join('\n'), { mode: 0o600 });
  variables['AWS_CONFIG_FILE'] = file;
}

/** Where the build's own credentials are (AWS SDKs and Tools Reference Guide, "Assume role credential provider"). */
function credentialSource(variables: NodeJS.ProcessEnv): string {
  const has = (name: string): boolean => (variables[name] ?? '') !== '';
  if (has('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI') || has('AWS_CONTAINER_CREDENTIALS_FULL_URI')) return 'EcsContainer';
  if (has('AWS_ACCESS_KEY_ID')) return 'Environment';
  throw new DeliveryRefusedError(
    'BOUNDLESS_ACT_AS takes a role with the credentials of a CodeBuild build, and there are none; unset it to act with your own.',
  );
}

/** The way into the cluster's account: through a role where one is named, else with the credentials at hand. */
export async function accessTo(
  { accountId, region }: EnvironmentConfig,
  roleName: string | undefined,
  folder: string,
  others: readonly ProfileRole[] = [],
): Promise<Access> {
  if (roleName === undefined) return { client: { region, maxAttempts }, environment: {}, initArguments: [] };
  const roleArn = arns.role(accountId, roleName);
  await writeProfiles(folder, region, [{ profile: clusterProfile, roleArn }, ...others]);
  return {
    client: { region, maxAttempts, profile: clusterProfile },
    environment: { [`TF_VAR_${actAsVariable}`]: roleArn },
    initArguments: [`-backend-config=profile=${clusterProfile}`],
  };
}

/** @throws DeliveryRefusedError for credentials of another account: a mix-up must not read or change anything there */
export async function expectAccount(client: ClientSettings, accountId: string): Promise<void> {
  const { Account } = await new STSClient(client).send(new GetCallerIdentityCommand({}));
  if (Account !== accountId)
    throw new DeliveryRefusedError(
      `These are credentials of ${Account ?? 'nobody'}, not of ${accountId}; set AWS_PROFILE, or BOUNDLESS_ACT_AS in a build${placeholderHint(accountId)}.`,
    );
}
