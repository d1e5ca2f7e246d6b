import {
  DescribeImageAttributeCommand,
  ModifyImageAttributeCommand,
  type EC2Client,
  type LaunchPermission,
} from '@aws-sdk/client-ec2';
import { chunks } from './bounded';
import { LaunchPermissionsWrongError } from './errors';
import { retrying } from './retry';
import type { Run } from './run';
import { poll, secondsOf } from './waits';

/** Whom an image is shared with, for those who can't: accounts by id, all others as EC2 lists them. */
export interface PermissionChange {
  readonly add: readonly string[];
  readonly remove: readonly LaunchPermission[];
}

/** Entries per call. EC2 documents no limit; all accounts that the settings can hold go into one. */
const perCall = 100;

export async function launchPermissionsOf(ec2: EC2Client, imageId: string): Promise<readonly LaunchPermission[]> {
  const { LaunchPermissions = [] } = await ec2.send(
    new DescribeImageAttributeCommand({ ImageId: imageId, Attribute: 'launchPermission' }),
  );
  return LaunchPermissions;
}

/** What makes an image launchable by exactly these accounts. */
export const towardsExactly = (
  current: readonly LaunchPermission[],
  accountIds: readonly string[],
): PermissionChange => ({
  add: accountIds.filter((accountId) => !current.some(({ UserId }) => UserId === accountId)),
  remove: current.filter(({ UserId }) => UserId === undefined || !accountIds.includes(UserId)),
});

/**
 * Changes who may launch an image, and reads it back: one call for all, none where there is nothing to change. Encrypted
 * snapshots need no permission of their own, the key's policy decides (ami-factory.md C3, C4).
 *
 * @throws LaunchPermissionsWrongError where EC2 does not list them as they were set
 */
export async function changeLaunchPermissions(
  { clients: { ec2 }, waits, dryRun }: Run,
  imageId: string,
  change: PermissionChange,
): Promise<void> {
  if (dryRun || change.add.length + change.remove.length === 0) return;
  const [adds, removes] = [chunks(change.add, perCall), chunks(change.remove, perCall)];
  await retrying(async () => {
    for (let call = 0; call < Math.max(adds.length, removes.length); call += 1)
      await ec2.send(
        new ModifyImageAttributeCommand({
          ImageId: imageId,
          LaunchPermission: {
            ...(adds[call] !== undefined && { Add: adds[call]?.map((UserId) => ({ UserId })) }),
            ...(removes[call] !== undefined && { Remove: [...(removes[call] ?? [])] }),
          },
        }),
      );
  }, waits);

  let wrong: readonly string[] = [];
  const done = async () => {
    const listed = new Set((await launchPermissionsOf(ec2, imageId)).map(nameOf));
    wrong = [
      ...change.add.filter((accountId) => !listed.has(accountId)),
      ...change.remove.map(nameOf).filter((name) => listed.has(name)),
    ];
    return wrong.length === 0 ? true : undefined;
  };
  if ((await retrying(() => poll(done, waits.launchPermission, waits.sleep), waits)) === undefined)
    throw new LaunchPermissionsWrongError(imageId, wrong, secondsOf(waits.launchPermission));
}

/** How reports call whom an image is shared with: an account id, `all`, or an ARN of an organization or a part of it. */
export const nameOf = ({ UserId, Group, OrganizationArn, OrganizationalUnitArn }: LaunchPermission): string =>
  UserId ?? Group ?? OrganizationArn ?? OrganizationalUnitArn ?? 'unknown';
