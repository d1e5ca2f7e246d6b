import { paginateDescribeSnapshots, type EC2Client, type Image, type Snapshot } from '@aws-sdk/client-ec2';
import type { ImageKind } from '../../config/names';
import { ImageRefusedError } from './errors';
import { findImage } from './find-image';
import { launchPermissionsOf } from './launch-permissions';
import { brokenRules, kindOf } from './rules';
import type { Settings } from './settings';
import type { Waits } from './waits';

/** An image that this factory made and may share. */
export interface VerifiedImage {
  readonly imageId: string;
  readonly kind: ImageKind;
  readonly name: string;
  readonly created: Date;
  /** The accounts that may launch it already. */
  readonly sharedWith: ReadonlySet<string>;
}

/**
 * Looks an image up and proves that it may be shared, without changing anything.
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
  const [snapshots, launchPermissions] = await Promise.all([
    snapshotsOf(ec2, image),
    launchPermissionsOf(ec2, imageId),
  ]);
  const broken = brokenRules({ image, snapshots, launchPermissions }, { ...settings, now: new Date() });
  const kind = kindOf(image);
  if (broken.length > 0 || kind === undefined) throw new ImageRefusedError(imageId, broken);
  return {
    imageId,
    kind,
    name: image.Name ?? '',
    created: new Date(image.CreationDate ?? ''),
    sharedWith: new Set(launchPermissions.flatMap(({ UserId }) => UserId ?? [])),
  };
}

async function snapshotsOf(ec2: EC2Client, { BlockDeviceMappings = [] }: Image): Promise<readonly Snapshot[]> {
  const SnapshotIds = BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
  // Without ids, EC2 lists every snapshot that the account can see.
  if (SnapshotIds.length === 0) return [];
  const snapshots: Snapshot[] = [];
  for await (const page of paginateDescribeSnapshots({ client: ec2 }, { SnapshotIds }))
    snapshots.push(...(page.Snapshots ?? []));
  return snapshots;
}
