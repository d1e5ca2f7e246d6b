import type { Image, LaunchPermission, Snapshot } from '@aws-sdk/client-ec2';
import { imageKinds, project, withdrawnTag, type ImageKind } from '../../../config/names';

/** EC2's description of an image. */
export interface ImageFacts {
  readonly image: Image;
  /** Of all its block devices that have one. */
  readonly snapshots: readonly Snapshot[];
  readonly launchPermissions: readonly LaunchPermission[];
}

/** What a shared image must be. */
export interface Expected {
  readonly opsAccountId: string;
  readonly imageKeyArn: string;
  readonly now: Date;
}

/** A rule that an image breaks. */
export interface BrokenRule {
  readonly rule: string;
  /** What was found. */
  readonly value: string;
  readonly fix: string;
}

type Rule = (facts: ImageFacts, expected: Expected) => readonly BrokenRule[];

/** All rules that the image breaks; none for an image that may be shared. */
export const brokenRules: Rule = (facts, expected) => rules.flatMap((rule) => rule(facts, expected));

/**
 * Whether a pointer may name the image, which takes that it was shared before. The keys of its snapshots were verified
 * then, and never change.
 */
export const mayBePointedAt = (image: Image, expected: Expected): boolean =>
  [...identity, ...standing].every(
    (rule) => rule({ image, snapshots: [], launchPermissions: [] }, expected).length === 0,
  );

/** Whether the image has had its time: it is kept for accounts that run it, and shared with no other. */
export const isRetired = (image: Image, expected: Expected): boolean =>
  [notDeprecated, notWithdrawn].some(
    (rule) => rule({ image, snapshots: [], launchPermissions: [] }, expected).length > 0,
  );

/** Whether it is an image of this factory at all, whatever became of it. */
export const brokenIdentity: Rule = (facts, expected) => identity.flatMap((rule) => rule(facts, expected));

/** The kind of the image by its tag. */
export const kindOf = (image: Image): ImageKind | undefined =>
  imageKinds.find((kind) => kind === tagOf(image, 'Image'));

export const tagOf = ({ Tags = [] }: Image, name: string): string | undefined =>
  Tags.find(({ Key }) => Key === name)?.Value;

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

const unless = (holds: boolean, rule: string, value: unknown, fix: string): readonly BrokenRule[] =>
  holds ? [] : [{ rule, value: shown(value), fix }];

const owner: Rule = ({ image: { OwnerId } }, { opsAccountId }) =>
  unless(OwnerId === opsAccountId, `owner is ${opsAccountId}`, OwnerId, 'share only images of the ops account');

const state: Rule = ({ image: { State } }) =>
  unless(
    State === 'available',
    'state is available',
    State,
    'enable the image where it is disabled, else build it again',
  );

const managed: Rule = ({ image }) =>
  unless(
    tagOf(image, 'ManagedBy') === 'packer',
    'tag ManagedBy is packer',
    tagOf(image, 'ManagedBy'),
    'share only images that the build project made',
  );

const ofProject: Rule = ({ image }) =>
  unless(
    tagOf(image, 'Project') === project,
    `tag Project is ${project}`,
    tagOf(image, 'Project'),
    'share only images that the build project made',
  );

const kind: Rule = ({ image }) =>
  unless(
    kindOf(image) !== undefined,
    `tag Image is one of ${imageKinds.join(', ')}`,
    tagOf(image, 'Image'),
    'let the build tag the image with its kind',
  );

/** Service accounts see the name and not the tags: where the two differ, they would take it for another image. */
const name: Rule = ({ image }) => {
  const known = kindOf(image);
  const prefixes = (known === undefined ? imageKinds : [known]).map((candidate) => `boundless-${candidate}-`);
  return unless(
    prefixes.some((prefix) => image.Name?.startsWith(prefix)),
    `name starts with ${prefixes.join(' or ')}`,
    image.Name,
    'build the image again, with the name that its tag Image asks for',
  );
};

/** Pointers are ordered by it. */
const created: Rule = ({ image: { CreationDate } }) =>
  unless(
    !Number.isNaN(Date.parse(CreationDate ?? '')),
    'creation date is a time',
    CreationDate,
    'build the image again',
  );

const notPublic: Rule = ({ image: { Public }, launchPermissions }) => {
  const groups = launchPermissions.flatMap(({ Group }) => Group ?? []);
  return unless(
    Public !== true && groups.length === 0,
    'image is not public',
    groups.length > 0 ? `launch permission for the group ${groups.join(', ')}` : 'Public: true',
    'remove that launch permission, and find out in CloudTrail who added it',
  );
};

const notDeprecated: Rule = ({ image: { DeprecationTime } }, { now }) =>
  unless(
    DeprecationTime === undefined || Date.parse(DeprecationTime) > now.getTime(),
    'image is not deprecated',
    DeprecationTime,
    'cancel the deprecation, or build the image again',
  );

const notWithdrawn: Rule = ({ image }) =>
  unless(
    tagOf(image, withdrawnTag) === undefined,
    'image is not withdrawn',
    tagOf(image, withdrawnTag),
    `build the image again, or, where the withdrawal was wrong, take it back (docs/sharing.md, "Withdraw")`,
  );

const encrypted: Rule = ({ image: { BlockDeviceMappings = [] }, snapshots }, { imageKeyArn }) => {
  const fix = 'build the image again, with the factory key in the template';
  const volumes = BlockDeviceMappings.flatMap(({ DeviceName, Ebs }) =>
    Ebs === undefined ? [] : [{ DeviceName, Ebs }],
  );
  const checks = volumes.map(({ DeviceName, Ebs }) => {
    const snapshot = snapshots.find(({ SnapshotId }) => SnapshotId !== undefined && SnapshotId === Ebs.SnapshotId);
    return unless(
      snapshot?.Encrypted === true && snapshot.KmsKeyId === imageKeyArn,
      `snapshot of ${DeviceName ?? 'a volume'} is encrypted with ${imageKeyArn}`,
      snapshot && { snapshot: snapshot.SnapshotId, encrypted: snapshot.Encrypted, key: snapshot.KmsKeyId },
      fix,
    );
  });
  return [...unless(volumes.length > 0, 'image has a snapshot', undefined, fix), ...checks.flat()];
};

/** A build sets them last: without them it was interrupted after Packer had made the image (docs/building.md). */
const complete: Rule = ({ image }) =>
  (['Version', 'InputsHash'] as const).flatMap((tag) =>
    unless(
      (tagOf(image, tag) ?? '') !== '',
      `tag ${tag} is set`,
      tagOf(image, tag),
      'build the image again: its build was interrupted before it had finished the image',
    ),
  );

/** What the image is. */
const identity: readonly Rule[] = [owner, state, managed, ofProject, kind, name, created];
/** Whether it is whole, and what has become of it. */
const standing: readonly Rule[] = [complete, notPublic, notDeprecated, notWithdrawn];
const rules: readonly Rule[] = [...identity, ...standing, encrypted];
