import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import type { EnvironmentConfig } from '../../../config';
import { failed, ok, type Check } from '../check';

const asPattern = (role: string): RegExp => {
  const name = role.split('/').at(-1) ?? '';
  const parts = name.split('*').map((part) => part.replace(/[.+]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
};

/**
 * Whether a caller is one of the administrators of the secrets. A session does not show its role's path, so names alone are
 * compared (IAM User Guide, "IAM identifiers": the ARN of an assumed role).
 *
 * @param arn as GetCallerIdentity has it
 */
export function isAdministrator(arn: string, administratorRoles: readonly string[]): boolean {
  if (/^arn:aws:iam::\d{12}:root$/.test(arn)) return true;
  const [, name = ''] = /^arn:aws:sts::\d{12}:assumed-role\/([^/]+)\//.exec(arn) ?? [];
  return administratorRoles.some((role) => asPattern(role).test(name));
}

/** Policies of secrets deny everybody but the administrators that the configuration names: also who deploys the account's stack. */
export const administratorCheck = (
  sts: STSClient,
  { environment, administratorRoles }: Pick<EnvironmentConfig, 'environment' | 'administratorRoles'>,
): Check => ({
  name: 'administrators of secrets',
  run: async () => {
    const { Arn = 'nobody' } = await sts.send(new GetCallerIdentityCommand({}));
    return isAdministrator(Arn, administratorRoles)
      ? ok(`${Arn} is one of administratorRoles`)
      : failed(
          `${Arn} is none of administratorRoles: it can set and read no secret, and not deploy the passwords`,
          `add your role to administratorRoles in config/${environment}.ts, or use one of ${administratorRoles.join(', ')}`,
        );
  },
});
