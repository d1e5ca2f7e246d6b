import { GetAllowedImagesSettingsCommand } from '@aws-sdk/client-ec2';
import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  paginateListGrants,
  type GrantListEntry,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { GetRoleCommand, NoSuchEntityException } from '@aws-sdk/client-iam';
import { launchGrantOperations } from '../../../config/image-key';
import { arns, roles } from '../../../config/names';
import { mapBounded } from '../../common/bounded';
import { shortMessage } from '../errors';
import type { AccountClients } from '../clients';
import { inAccount } from './in-account';
import { policyGaps } from './key-policy';
import { pointerProblems } from '../pointers/pointer-problems';
import type { Run } from '../run';

/** Something that keeps Auto Scaling of a service account from starting instances of the factory's images. */
export interface LaunchProblem {
  readonly accountId: string;
  /** The link of the chain that is broken. */
  readonly link: 'key state' | 'key policy' | 'grant' | 'service-linked role' | 'allowed images' | 'pointer';
  readonly problem: string;
  /** What to add or run, ready to be copied. */
  readonly fix: string;
}

/** Accounts that are asked at a time. */
const accountsAtATime = 50;

/**
 * Checks what users otherwise meet as `Client.InternalError`, without a log (docs/facts/images.md#launch-failures), or
 * as `Client.InvalidKMSKey.InvalidState`: the image key is enabled and lets each account use it and grant its use, a
 * grant to Auto Scaling's role is there, so is that role, and the account does not shut such images out, and every
 * pointer names an image that the account can start (`pointer-problems.ts`).
 *
 * @returns what is missing, with the very statement or command that adds it; nothing where instances can start
 * @throws what keeps it from reading the key
 */
export async function launchProblems(run: Run): Promise<readonly LaunchProblem[]> {
  const { clients, settings } = run;
  const { serviceAccountIds, imageKeyArn } = settings;
  const pointers = await pointerProblems(run);
  const { KeyMetadata } = await clients.kms.send(new DescribeKeyCommand({ KeyId: imageKeyArn }));
  const { Policy = '' } = await clients.kms.send(
    new GetKeyPolicyCommand({ KeyId: imageKeyArn, PolicyName: 'default' }),
  );
  const grants = await grantsOf(clients.kms, imageKeyArn);
  const byAccount = await mapBounded(serviceAccountIds, accountsAtATime, async (accountId) => [
    ...stateGap(KeyMetadata?.KeyState, accountId, imageKeyArn),
    ...policyGaps(Policy, accountId).map((statement): LaunchProblem => ({
      accountId,
      link: 'key policy',
      problem: `the policy of ${imageKeyArn} does not let the account ${statement.Sid}`,
      fix: `add to it, by \`npx cdktf deploy ops\`: ${JSON.stringify(statement)}`,
    })),
    ...grantGap(grants, accountId, imageKeyArn),
    ...(await accountGaps(run, accountId)),
  ]);
  return [...byAccount.flat(), ...pointers];
}

/** Nothing that is encrypted with a key in another state can be used ("Key states of AWS KMS keys", KMS Developer Guide). */
function stateGap(state: string | undefined, accountId: string, keyArn: string): readonly LaunchProblem[] {
  if (state === 'Enabled') return [];
  const enable = `aws kms enable-key --key-id ${keyArn}`;
  const fix = state === 'PendingDeletion' ? `aws kms cancel-key-deletion --key-id ${keyArn} && ${enable}` : enable;
  const problem = `${keyArn} is in state ${state ?? 'unknown'}, and only an enabled key opens the images`;
  return [{ accountId, link: 'key state', problem, fix: `with credentials of the ops account: ${fix}` }];
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
    ({ GranteePrincipal, Operations = [], Constraints }) =>
      GranteePrincipal === grantee &&
      // Those of volumes have an encryption context of their own.
      Object.keys(Constraints ?? {}).length === 0 &&
      launchGrantOperations.every((operation) => Operations.includes(operation)),
  );
  if (enough) return [];
  return [
    {
      accountId,
      link: 'grant',
      problem: `${keyArn} has no grant that lets ${grantee} use it`,
      fix:
        `deploy the account's stack, or, with credentials of ${accountId}: aws kms create-grant --key-id ${keyArn} ` +
        `--grantee-principal ${grantee} --operations ${launchGrantOperations.join(' ')}`,
    },
  ];
}

/** What only the account itself knows; one that can't be asked is a problem too. */
const accountGaps = (run: Run, accountId: string): Promise<readonly LaunchProblem[]> =>
  inAccount(run, { accountId, role: roles.launchReader, purpose: 'preflight' }, async (account) => [
    ...(await roleGap(account, accountId)),
    ...(await allowedImagesGap(account, accountId, run.settings.opsAccountId)),
  ]).catch((error: unknown) => [
    {
      accountId,
      link: 'service-linked role',
      problem: `the account can't be asked: ${shortMessage(error)}`,
      fix: "deploy the account's stack, which makes the role that asks",
    },
  ]);

async function roleGap({ iam }: AccountClients, accountId: string): Promise<readonly LaunchProblem[]> {
  const RoleName = roles.autoScaling.split('/').pop() ?? '';
  try {
    await iam.send(new GetRoleCommand({ RoleName }));
    return [];
  } catch (error) {
    if (!(error instanceof NoSuchEntityException)) throw error;
    const fix = `with credentials of ${accountId}: aws iam create-service-linked-role --aws-service-name autoscaling.amazonaws.com`;
    return [{ accountId, link: 'service-linked role', problem: `there is no role ${RoleName}`, fix }];
  }
}

/** An account that allows only certain images must allow those of ops; in audit mode nothing is refused yet. */
async function allowedImagesGap(
  { ec2 }: AccountClients,
  accountId: string,
  opsAccountId: string,
): Promise<readonly LaunchProblem[]> {
  const { State, ImageCriteria = [] } = await ec2.send(new GetAllowedImagesSettingsCommand({}));
  // A criterion with further conditions, such as a pattern of names, lets only some of the images in.
  const allowed = ImageCriteria.some(
    ({ ImageProviders = [], ...others }) =>
      ImageProviders.includes(opsAccountId) &&
      Object.values(others).every((condition) => [condition ?? []].flat().length === 0),
  );
  if (State !== 'enabled' || allowed) return [];
  const problem = `the account allows only certain images, and those of ${opsAccountId} are not among them`;
  const fix = `with credentials of ${accountId}: npm run sharing -- allow-images <its environment>`;
  return [{ accountId, link: 'allowed images', problem, fix }];
}
