import { instanceRoles, readsSecret, roles, type ClusterSecret } from '../../../config/names';
import type { Account } from '../../base/account';
import type { Statement } from '../../base/policy';

/**
 * Denies the value of a secret to every principal but those that need it, whatever policies they carry: the roles of the
 * instances that read it, the function that rotates it, the administrators of the account, and the account's root user,
 * who could not be let in again by anybody else.
 *
 * Policies of the secret are not denied, so that a wrong list of administrators is mended by who deploys the account's
 * stack. No role of a pipeline may change one (`__tests__/security`).
 *
 * @param administratorRoles names of roles with their path, or patterns of them
 */
export function denyOthers(
  account: Account,
  name: ClusterSecret,
  administratorRoles: readonly string[],
): readonly Statement[] {
  const { environment } = account;
  const rotation = name === 'storage' ? [roles.storageKeys(environment)] : [];
  const instances = instanceRoles
    .filter((role) => readsSecret(role, name))
    .map((role) => roles.instance(environment, role));
  // The ARN of a role, also where its session calls (IAM User Guide, "AWS global condition context keys": PrincipalArn).
  const others = (names: readonly string[]) => ({
    ArnNotLike: { 'aws:PrincipalArn': [account.root, ...names.map((role) => account.role(role))] },
  });
  const everyone = { Effect: 'Deny', Principal: { AWS: '*' }, Resource: '*' } as const;
  return [
    {
      ...everyone,
      Sid: 'DenyReadToOthers',
      Action: 'secretsmanager:GetSecretValue',
      Condition: others([...instances, ...rotation, ...administratorRoles]),
    },
    {
      ...everyone,
      Sid: 'DenyWriteToOthers',
      Action: [
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecret',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      Condition: others([...rotation, ...administratorRoles]),
    },
  ];
}
