import {
  DescribeImageAttributeCommand,
  ModifyImageAttributeCommand,
  type EC2Client,
  type LaunchPermission,
} from '@aws-sdk/client-ec2';
import { LaunchPermissionMissingError } from './errors';
import type { VerifiedImage } from './verify-image';
import { poll, secondsOf, type Waits } from './waits';

export async function launchPermissionsOf(ec2: EC2Client, imageId: string): Promise<readonly LaunchPermission[]> {
  const { LaunchPermissions = [] } = await ec2.send(
    new DescribeImageAttributeCommand({ ImageId: imageId, Attribute: 'launchPermission' }),
  );
  return LaunchPermissions;
}

/**
 * Lets the accounts launch the image: one call for all that can't yet, none where all can. Encrypted snapshots need no
 * permission of their own, the key's policy decides (ami-factory.md C3, C4).
 *
 * @returns the accounts that were added
 * @throws LaunchPermissionMissingError where EC2 does not list them all afterwards
 */
export async function addLaunchPermissions(
  ec2: EC2Client,
  { imageId, sharedWith }: VerifiedImage,
  accountIds: readonly string[],
  waits: Waits,
): Promise<ReadonlySet<string>> {
  const added = accountIds.filter((accountId) => !sharedWith.has(accountId));
  if (added.length === 0) return new Set();
  await ec2.send(
    new ModifyImageAttributeCommand({
      ImageId: imageId,
      LaunchPermission: { Add: added.map((accountId) => ({ UserId: accountId })) },
    }),
  );

  let missing: readonly string[] = accountIds;
  const allListed = async () => {
    const listed = new Set((await launchPermissionsOf(ec2, imageId)).map(({ UserId }) => UserId));
    missing = accountIds.filter((accountId) => !listed.has(accountId));
    return missing.length === 0 ? true : undefined;
  };
  if ((await poll(allListed, waits.launchPermission, waits.sleep)) === undefined)
    throw new LaunchPermissionMissingError(imageId, missing, secondsOf(waits.launchPermission));
  return new Set(added);
}
