import {
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  EC2Client,
  type Image,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { pointerName, type ImageKind } from '../../config/names';
import type { LocalClientSettings } from '../local-aws';

/** What the ops account sees of an image. */
export interface OwnedImage {
  readonly image: Image;
  readonly tags: Readonly<Record<string, string>>;
  /** Keys that encrypt its snapshots; undefined for a plain snapshot. */
  readonly keys: readonly (string | undefined)[];
  /** Accounts that may launch it, in order; a group such as `all` among them. */
  readonly launchPermissions: readonly string[];
}

export async function ownedImage(settings: LocalClientSettings, imageId: string): Promise<OwnedImage> {
  const ec2 = new EC2Client(settings);
  const { Images: [image] = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [imageId], Owners: ['self'] }));
  if (image === undefined) throw new Error(`The ops account has no image ${imageId}`);
  const SnapshotIds = (image.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
  const { Snapshots = [] } = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds }));
  const { LaunchPermissions = [] } = await ec2.send(
    new DescribeImageAttributeCommand({ ImageId: imageId, Attribute: 'launchPermission' }),
  );
  return {
    image,
    tags: Object.fromEntries((image.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    keys: Snapshots.map(({ Encrypted, KmsKeyId }) => (Encrypted === true ? KmsKeyId : undefined)),
    launchPermissions: LaunchPermissions.map(({ UserId, Group }) => UserId ?? Group ?? '').sort(),
  };
}

/** Whether another account sees the image, asked with that account's own credentials. */
export async function sees(settings: LocalClientSettings, imageId: string): Promise<boolean> {
  const { Images = [] } = await new EC2Client(settings).send(
    new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values: [imageId] }] }),
  );
  return Images.length === 1;
}

/** The `latest` pointer of an account, asked with that account's own credentials; undefined where there is none. */
export async function latest(
  settings: LocalClientSettings,
  kind: ImageKind,
): Promise<{ imageId: string; dataType: string; version: number } | undefined> {
  try {
    const { Parameter } = await new SSMClient(settings).send(
      new GetParameterCommand({ Name: pointerName(kind, 'latest') }),
    );
    return { imageId: Parameter?.Value ?? '', dataType: Parameter?.DataType ?? '', version: Parameter?.Version ?? 0 };
  } catch (error) {
    if (error instanceof Error && error.name === 'ParameterNotFound') return undefined;
    throw error;
  }
}

/** The tags of an image as an account sees it, asked with that account's own credentials. */
export async function tagsSeen(settings: LocalClientSettings, imageId: string): Promise<Record<string, string>> {
  const { Images: [image] = [] } = await new EC2Client(settings).send(
    new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values: [imageId] }] }),
  );
  return Object.fromEntries((image?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}
