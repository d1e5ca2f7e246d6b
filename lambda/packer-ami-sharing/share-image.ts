import { changeLaunchPermissions, towardsExactly } from './launch-permissions';
import { publish, type Published } from './publish';
import type { AccountResult, PointerOutcome, SharingResult } from './result';
import type { Run } from './run';
import { verifiedImage } from './verify-image';

/**
 * Verifies an image, lets all service accounts launch it, and then publishes it in each. Safe to repeat: what is done
 * already is left alone. Accounts that may launch it without being configured stay; taking away is for `reconcile.ts`.
 *
 * @returns what was done in every account; an account that could not be published to has an error and stops no other
 * @throws what stands in the way of all accounts: an image that is refused or not ready, or launch permissions
 */
export async function shareImage(imageId: string, run: Run): Promise<SharingResult> {
  const { settings, waits, clients } = run;
  const { serviceAccountIds } = settings;
  const { image, kind, name, launchPermissions } = await verifiedImage(clients.ec2, imageId, settings, waits);
  const { add } = towardsExactly(launchPermissions, serviceAccountIds);
  await changeLaunchPermissions(run, imageId, { add, remove: [] });
  const published = await publish(run, {
    kinds: [kind],
    accountIds: serviceAccountIds,
    tagged: [image],
    fresh: true,
    mayMoveBack: false,
    purpose: imageId,
  });
  const accounts = published.map((account) => ({
    accountId: account.accountId,
    launchPermission: add.includes(account.accountId) ? ('added' as const) : ('present' as const),
    ...outcomeFor(imageId, account),
  }));
  return { imageId, kind, name, accounts };
}

function outcomeFor(imageId: string, account: Published): Pick<AccountResult, 'tags' | 'pointer' | 'error'> {
  if ('error' in account) return { error: account.error };
  const [pointer] = account.pointers;
  const outcome = (): PointerOutcome => {
    if (pointer?.pinned === true) return 'pinned';
    if (pointer?.imageId !== imageId) return 'kept-newer';
    return pointer.moved ? 'moved' : 'unchanged';
  };
  return { tags: account.tagged.length > 0 ? 'added' : 'present', pointer: outcome() };
}
