import type { Image } from '@aws-sdk/client-ec2';
import type { ImageKind } from '../../../../config/names';
import { goodImage, opsAccount } from '../support';

/** An image as its owner sees it, and what else the test decides. */
export interface MemoryImage {
  readonly id: string;
  readonly ownerId: string;
  readonly kind: ImageKind;
  readonly name: string;
  created: Date;
  readonly buildId: string;
  readonly tags: Map<string, string>;
  /** Whether its instances require IMDSv2 (`ImdsSupport`); a build does not set that. */
  imdsV2: boolean;
  /** Account ids, `all`, or ARNs of organizations. */
  readonly permissions: Set<string>;
  state: 'available' | 'disabled' | 'deregistered';
  deprecation?: string;
  /** Whether the build that made it succeeded. */
  built: boolean;
  /** ARN of the key that its snapshot is encrypted with; undefined where it is not encrypted. */
  keyArn: string | undefined;
}

/** The image with this serial number, as a build makes it; each is newer than those with smaller numbers. */
export function newImage(kind: ImageKind, serial: number, keyArn: string): MemoryImage {
  const number = String(serial).padStart(3, '0');
  const buildId = `packer-build-project:${number}`;
  const tags = (goodImage().Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value] as const);
  return {
    id: `ami-${number.padStart(17, '0')}`,
    ownerId: opsAccount,
    kind,
    name: `boundless-${kind}-1.2.3-20260901161${number}`,
    created: new Date(Date.parse('2026-09-01T16:10:00.000Z') + (serial - 1) * 60_000),
    buildId,
    tags: new Map([...tags, ['Image', kind], ['BuildId', buildId]]),
    permissions: new Set(),
    imdsV2: false,
    state: 'available',
    built: true,
    keyArn,
  };
}

export const snapshotOf = ({ id }: MemoryImage): string => id.replace('ami', 'snap');

/** Whether an account can describe an image. */
export function sees(account: string, { ownerId, state, permissions }: MemoryImage): boolean {
  if (state === 'deregistered') return false;
  if (account === ownerId) return true;
  return state === 'available' && (permissions.has(account) || permissions.has('all'));
}

/** What EC2 answers of an image to an account whose tags for it these are. */
export function described(image: MemoryImage, tags: ReadonlyMap<string, string>): Image {
  const { ImdsSupport, ...good } = goodImage();
  return {
    ...good,
    ...(image.imdsV2 && ImdsSupport !== undefined && { ImdsSupport }),
    BlockDeviceMappings: (good.BlockDeviceMappings ?? []).map((device) =>
      device.Ebs === undefined ? device : { ...device, Ebs: { ...device.Ebs, SnapshotId: snapshotOf(image) } },
    ),
    ImageId: image.id,
    OwnerId: image.ownerId,
    Name: image.name,
    State: image.state === 'deregistered' ? 'available' : image.state,
    CreationDate: image.created.toISOString(),
    Public: image.permissions.has('all'),
    ...(image.deprecation !== undefined && { DeprecationTime: image.deprecation }),
    Tags: [...tags].map(([Key, Value]) => ({ Key, Value })),
  };
}
