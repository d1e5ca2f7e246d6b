import { GetKeyPolicyCommand, paginateListGrants, type GrantListEntry, type KMSClient } from '@aws-sdk/client-kms';
import { GetRoleCommand, NoSuchEntityException } from '@aws-sdk/client-iam';
import { arns, roles } from '../../config/names';
import { mapBounded } from './bounded';
import { briefly } from './errors';
import { inAccount } from './in-account';
import { policyGaps } from './key-policy';
import type { Run } from './run';

/** Something that keeps Auto Scaling of a service account from starting instances of the factory's images. */
export interface LaunchProblem {
  readonly accountId: string;
  /** The link of the chain that is broken. */
  readonly link: 'key policy' | 'grant' | 'service-linked role';
  readonly problem: string;
  /** What to add or run, ready to be copied. */
  readonly fix: string;
}

/** What Auto Scaling's role needs of the key (ami-factory.md C4.2). */
export const grantedOperations = [
  'CreateGrant',
  'Decrypt',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
] as const;

/** Accounts that are asked at a time. */
const accountsAtATime = 50;

/**
 * Checks what users otherwise meet as `Client.InternalError`, without a log (ami-factory.md C4.5): the image key lets
 * each account use it and grant its use, a grant to Auto Scaling's role is there, and so is that role.
 *
 * @returns what is missing, with the very statement or command that adds it; nothing where instances can start
 * @throws what keeps it from reading the key
 */
export async function launchProblems(run: Run): Promise<readonly LaunchProblem[]> {
  const { clients, settings } = run;
  const { serviceAccountIds, imageKeyArn } = settings;
  const { Policy = '' } = await clients.kms.send(
    new GetKeyPolicyCommand({ KeyId: imageKeyArn, PolicyName: 'default' }),
  );
  const grants = await grantsOf(clients.kms, imageKeyArn);
  const byAccount = await mapBounded(serviceAccountIds, accountsAtATime, async (accountId) => [
    ...policyGaps(Policy, accountId).map((statement): LaunchProblem => ({
      accountId,
      link: 'key policy',
      problem: `the policy of ${imageKeyArn} does not let the account ${statement.Sid}`,
      fix: `add to it, by \`npx cdktf deploy ops\`: ${JSON.stringify(statement)}`,
    })),
    ...grantGap(grants, accountId, imageKeyArn),
    ...(await roleGap(run, accountId)),
  ]);
  return byAccount.flat();
}

async function grantsOf(kms: KMSClient, KeyId: string): Promise<readonly GrantListEntry[]> {
  const grants: GrantListEntry[] = [];
  for await (const { Grants = [] } of paginateListGrants({ client: kms, pageSize: 100 }, { KeyId }))
    grants.push(...Grants);
  return grants;
}

function grantGap(grants: readonly GrantListEntry[], accountId: string, keyArn: string): readonly LaunchProblem[] {
  const grantee = arns.role(accountId, roles.autoScaling);
  const enough = grants.some(
    ({ GranteePrincipal, Operations = [] }) =>
      GranteePrincipal === grantee && grantedOperations.every((operation) => Operations.includes(operation)),
  );
  if (enough) return [];
  return [
    {
      accountId,
      link: 'grant',
      problem: `${keyArn} has no grant that lets ${grantee} use it`,
      fix:
        `deploy the account's stack, or, with credentials of ${accountId}: aws kms create-grant --key-id ${keyArn} ` +
        `--grantee-principal ${grantee} --operations ${grantedOperations.join(' ')}`,
    },
  ];
}

async function roleGap(run: Run, accountId: string): Promise<readonly LaunchProblem[]> {
  const RoleName = roles.autoScaling.split('/').pop() ?? '';
  const place = { accountId, role: roles.launchReader, purpose: 'preflight' };
  const problem = await inAccount(run, place, ({ iam }) => iam.send(new GetRoleCommand({ RoleName }))).then(
    () => undefined,
    (error: unknown) =>
      error instanceof NoSuchEntityException
        ? `there is no role ${RoleName}`
        : `whether there is a role ${RoleName} can't be read: ${briefly(error)}`,
  );
  if (problem === undefined) return [];
  const fix = `with credentials of ${accountId}: aws iam create-service-linked-role --aws-service-name autoscaling.amazonaws.com`;
  return [{ accountId, link: 'service-linked role', problem, fix }];
}
