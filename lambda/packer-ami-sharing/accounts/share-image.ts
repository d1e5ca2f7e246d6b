import { requireImdsV2, requiresImdsV2 } from '../images/imds-support';
import { changeLaunchPermissions, towardsExactly } from './launch-permissions';
import { publish } from './publish';
import type { AccountResult, PointerOutcome, Published, SharingResult } from '../result';
import type { Run } from '../run';
import { verifiedImage } from '../images/verify-image';

/**
 * Verifies an image, makes its instances require IMDSv2, lets all service accounts launch it, and then publishes it in each. Safe to repeat: what is done
 * already is left alone. Accounts that may launch it without being configured stay; taking away is for `reconcile.ts`.
 *
 * @returns what was done in every account; an account that EC2 does not take, or that could not be published to, has an
 * error and stops no other
 * @throws what stands in the way of all accounts: an image that is refused or not ready
 */
export async function shareImage(imageId: string, run: Run): Promise<SharingResult> {
  const { settings, waits, clients } = run;
  const { serviceAccountIds } = settings;
  const { image, kind, name, launchPermissions } = await verifiedImage(clients.ec2, imageId, settings, waits);
  if (!requiresImdsV2(image)) await requireImdsV2(run, imageId);
  const { add } = towardsExactly(launchPermissions, serviceAccountIds);
  const refused = await changeLaunchPermissions(run, imageId, { add, remove: [] });
  const accountIds = serviceAccountIds.filter((accountId) => !refused.has(accountId));
  const published = await publish(run, {
    kinds: accountIds.length > 0 ? [kind] : [],
    accountIds,
    tagged: () => [image],
    fresh: true,
    mayMoveBack: false,
    purpose: imageId,
    shared: new Map([[imageId, new Set(accountIds)]]),
    image,
  });
  const accounts = serviceAccountIds.map((accountId): AccountResult => {
    const launchPermission = add.includes(accountId) ? ('added' as const) : ('present' as const);
    const account = published.find((one) => one.accountId === accountId);
    if (account !== undefined) return { accountId, launchPermission, ...outcomeFor(imageId, account) };
    return { accountId, launchPermission: 'missing', error: refused.get(accountId) ?? 'it was not published' };
  });
  return { imageId, kind, name, accounts };
}

function outcomeFor(imageId: string, account: Published): Pick<AccountResult, 'tags' | 'pointer' | 'error'> {
  // A pointer that does not move for want of tags fails with the same error.
  const errors = [...new Set(account.failures.map(({ error }) => error))];
  if (errors.length > 0) return { error: errors.join('; ') };
  const [pointer] = account.pointers;
  const outcome = (): PointerOutcome => {
    if (pointer?.pinned === true) return 'pinned';
    if (pointer?.imageId !== imageId) return 'kept-newer';
    return pointer.moved ? 'moved' : 'unchanged';
  };
  return { tags: account.tagged.length > 0 ? 'added' : 'present', pointer: outcome() };
}
