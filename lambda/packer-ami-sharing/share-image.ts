import { mapBounded } from './bounded';
import type { Clients } from './clients';
import { addLaunchPermissions } from './launch-permissions';
import { movePointer } from './pointer';
import { publisherCredentials } from './publisher';
import type { PointerOutcome, SharingResult } from './result';
import type { Settings } from './settings';
import { verifiedImage, type VerifiedImage } from './verify-image';
import type { Waits } from './waits';

/** Accounts that are published to at a time: far from the request limits of STS and Parameter Store. */
const accountsAtATime = 10;

/**
 * Verifies an image, lets all service accounts launch it, and then publishes it in each. Safe to repeat: what is done
 * already is left alone.
 *
 * @returns what was done in every account; an account that could not be published to has an error and stops no other
 * @throws what stands in the way of all accounts: an image that is refused or not ready, or launch permissions
 */
export async function shareImage(
  imageId: string,
  settings: Settings,
  clients: Clients,
  waits: Waits,
): Promise<SharingResult> {
  const image = await verifiedImage(clients.ec2, imageId, settings, waits);
  const added = await addLaunchPermissions(clients.ec2, image, settings.serviceAccountIds, waits);
  const accounts = await mapBounded(settings.serviceAccountIds, accountsAtATime, async (accountId) => ({
    accountId,
    launchPermission: added.has(accountId) ? ('added' as const) : ('present' as const),
    ...(await publish(accountId, image, clients, waits).then(
      (pointer) => ({ pointer }),
      (error: unknown) => ({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }),
    )),
  }));
  return { imageId, kind: image.kind, name: image.name, accounts };
}

async function publish(
  accountId: string,
  image: VerifiedImage,
  { sts, ssm: ssmOf, ec2 }: Clients,
  waits: Waits,
): Promise<PointerOutcome> {
  const ssm = ssmOf(await publisherCredentials(sts, accountId, image.imageId));
  try {
    return await movePointer(ssm, ec2, image, waits);
  } finally {
    // The function outlives the credentials: without this, each image would leave open connections behind.
    ssm.destroy();
  }
}
