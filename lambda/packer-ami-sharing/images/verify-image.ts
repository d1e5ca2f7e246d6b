import {
  paginateDescribeSnapshots,
  type EC2Client,
  type Image,
  type LaunchPermission,
  type Snapshot,
} from '@aws-sdk/client-ec2';
import type { ImageKind } from '../../../config/names';
import { chunks } from '../../common/bounded';
import { ImageRefusedError } from '../errors';
import { findImage } from './find-image';
import { launchPermissionsOf } from '../accounts/launch-permissions';
import { retrying } from '../../common/retry';
import { brokenIdentity, brokenRules, kindOf } from './rules';
import type { Settings } from '../settings';
import type { Waits } from '../waits';

/** The most values that a filter takes, and the most that EC2 gives in one answer (EC2 API Reference). */
const [perFilter, pageSize] = [200, 1000];

/** An image that this factory made and may share. */
export interface VerifiedImage {
  readonly image: Image;
  readonly kind: ImageKind;
  readonly name: string;
  /** Who may launch it already. */
  readonly launchPermissions: readonly LaunchPermission[];
}

/**
 * Looks an image up and verifies that it may be shared, without changing anything.
 *
 * @throws ImageNotReadyError where it is not there in time
 * @throws ImageRefusedError with every rule that it breaks
 */
export async function verifiedImage(
  ec2: EC2Client,
  imageId: string,
  settings: Settings,
  waits: Waits,
): Promise<VerifiedImage> {
  const image = await findImage(ec2, imageId, waits);
  const expected = { ...settings, now: new Date() };
  // Only the owner may ask for permissions; any other caller gets an error that explains nothing.
  if (image.OwnerId !== settings.opsAccountId)
    throw new ImageRefusedError(imageId, brokenIdentity({ image, snapshots: [], launchPermissions: [] }, expected));
  const [snapshots, launchPermissions] = await retrying(
    () => Promise.all([snapshotsOf(ec2, [image]), launchPermissionsOf(ec2, imageId)]),
    waits,
  );
  const broken = brokenRules({ image, snapshots, launchPermissions }, expected);
  const kind = kindOf(image);
  if (broken.length > 0 || kind === undefined) throw new ImageRefusedError(imageId, broken);
  return { image, kind, name: image.Name ?? '', launchPermissions };
}

/** Snapshots of images. An id that a filter does not find is left out, where asking for ids would be an error. */
export async function snapshotsOf(ec2: EC2Client, images: readonly Image[]): Promise<readonly Snapshot[]> {
  const ids = images.flatMap(({ BlockDeviceMappings = [] }) =>
    BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []),
  );
  const snapshots: Snapshot[] = [];
  for (const part of chunks([...new Set(ids)], perFilter)) {
    const Filters = [{ Name: 'snapshot-id', Values: [...part] }];
    for await (const page of paginateDescribeSnapshots({ client: ec2, pageSize }, { OwnerIds: ['self'], Filters }))
      snapshots.push(...(page.Snapshots ?? []));
  }
  return snapshots;
}
