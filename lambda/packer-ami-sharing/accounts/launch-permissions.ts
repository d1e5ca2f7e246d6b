import {
  DescribeImageAttributeCommand,
  ModifyImageAttributeCommand,
  type EC2Client,
  type LaunchPermission,
  type LaunchPermissionModifications,
} from '@aws-sdk/client-ec2';
import { chunks } from '../../common/bounded';
import { shortMessage, LaunchPermissionsWrongError } from '../errors';
import { isImageGone, retrying } from '../../common/retry';
import type { Run } from '../run';
import { poll, secondsOf } from '../../common/poll';

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

/** Changes that were not made, with their reasons: by account id, or by what EC2 lists else. */
export type RefusedChanges = ReadonlyMap<string, string>;

interface Entry {
  readonly name: string;
  readonly permission: LaunchPermissionModifications;
}

/**
 * Changes who may launch an image, and reads it back: one call for all, none where there is nothing to change. Encrypted
 * snapshots need no permission of their own, the key's policy decides (docs/facts/images.md#sharing-an-image). EC2
 * refuses a call as a whole for one value that it does not take, such as the id of an account that was closed
 * (`InvalidAMIAttributeItemValue`; EC2 API Reference, "Error codes"): then one entry is changed at a time, so that the
 * others are made.
 *
 * @returns what was not changed, or is not listed as it was set; it throws nothing
 */
export async function changeLaunchPermissions(
  run: Run,
  imageId: string,
  change: PermissionChange,
): Promise<RefusedChanges> {
  // What is taken away comes first: it may be everybody.
  const entries: readonly Entry[] = [
    ...change.remove.map((entry) => ({ name: nameOf(entry), permission: { Remove: [entry] } })),
    ...change.add.map((UserId) => ({ name: UserId, permission: { Add: [{ UserId }] } })),
  ];
  if (run.dryRun || entries.length === 0) return new Map();
  const refused = await modify(run, imageId, entries);
  const made = entries.filter(({ name }) => !refused.has(name));
  return new Map([...refused, ...(await notListed(run, imageId, made))]);
}

async function modify(run: Run, imageId: string, entries: readonly Entry[]): Promise<RefusedChanges> {
  const send = (part: readonly Entry[]) => {
    const [Remove, Add] = [
      part.flatMap((one) => one.permission.Remove ?? []),
      part.flatMap((one) => one.permission.Add ?? []),
    ];
    const LaunchPermission = { ...(Add.length > 0 && { Add }), ...(Remove.length > 0 && { Remove }) };
    const command = new ModifyImageAttributeCommand({ ImageId: imageId, LaunchPermission });
    return retrying(() => run.clients.ec2.send(command), run.waits);
  };
  const refused = new Map<string, string>();
  for (const part of chunks(entries, perCall)) {
    try {
      await send(part);
      continue;
    } catch (error) {
      for (const { name } of part) refused.set(name, shortMessage(error));
      if (!isAboutOneEntry(error) || part.length === 1) continue;
    }
    for (const entry of part)
      try {
        await send([entry]);
        refused.delete(entry.name);
      } catch (error) {
        refused.set(entry.name, shortMessage(error));
        // Throttling or a denial would meet the others too, and take as long each time.
        if (!isAboutOneEntry(error)) break;
      }
  }
  return refused;
}

/** Whether a value of the call is wrong, and not the image, the caller or the moment. */
const isAboutOneEntry = (error: unknown): boolean =>
  error instanceof Error && error.name.startsWith('Invalid') && !isImageGone(error);

async function notListed(
  { clients: { ec2 }, waits }: Run,
  imageId: string,
  entries: readonly Entry[],
): Promise<RefusedChanges> {
  if (entries.length === 0) return new Map();
  let wrong = entries;
  const done = async () => {
    const listed = new Set((await launchPermissionsOf(ec2, imageId)).map(nameOf));
    wrong = entries.filter(({ name, permission }) => listed.has(name) === (permission.Add === undefined));
    return wrong.length === 0 ? true : undefined;
  };
  const problem = await retrying(() => poll(done, waits.launchPermission, waits.sleep), waits).then(
    () => new LaunchPermissionsWrongError(imageId, secondsOf(waits.launchPermission)),
    (error: unknown) => error,
  );
  return new Map(wrong.map(({ name }) => [name, shortMessage(problem)]));
}

/** How reports call whom an image is shared with: an account id, `all`, or an ARN of an organization or a part of it. */
export const nameOf = ({ UserId, Group, OrganizationArn, OrganizationalUnitArn }: LaunchPermission): string =>
  UserId ?? Group ?? OrganizationArn ?? OrganizationalUnitArn ?? 'unknown';
