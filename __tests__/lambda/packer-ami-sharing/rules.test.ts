import type { Image, LaunchPermission, Snapshot } from '@aws-sdk/client-ec2';
import { brokenRules } from '../../../lambda/packer-ami-sharing/images/rules';
import { goodImage, goodSnapshot, imageKeyArn, opsAccount } from './support';

const expected = { opsAccountId: opsAccount, imageKeyArn, now: new Date('2026-09-01T17:00:00Z') };

interface Changes {
  readonly image?: Partial<Image>;
  readonly snapshots?: readonly Snapshot[];
  readonly launchPermissions?: readonly LaunchPermission[];
}

const broken = ({ image, snapshots = [goodSnapshot()], launchPermissions = [] }: Changes) =>
  brokenRules({ image: goodImage(image), snapshots, launchPermissions }, expected);

const tags = (changes: Readonly<Record<string, string | undefined>>) =>
  Object.entries<string | undefined>({
    ManagedBy: 'packer',
    Project: 'boundless-ami-factory',
    Image: 'manager',
    Version: '1.2.3',
    InputsHash: 'hash',
    ...changes,
  }).flatMap(([Key, Value]) => (Value === undefined ? [] : [{ Key, Value }]));

test.each<[what: string, changes: Changes]>([
  ['a good image', {}],
  ['accounts that may launch it', { launchPermissions: [{ UserId: '444444444444' }] }],
  ['a deprecation that is to come', { image: { DeprecationTime: '2026-09-01T17:00:01.000Z' } }],
  ['another kind', { image: { Tags: tags({ Image: 'bento' }), Name: 'boundless-bento-1' } }],
  [
    'two encrypted volumes',
    {
      image: { BlockDeviceMappings: [{ Ebs: { SnapshotId: 'snap-1' } }, { Ebs: { SnapshotId: 'snap-2' } }] },
      snapshots: [goodSnapshot(), goodSnapshot({ SnapshotId: 'snap-2' })],
    },
  ],
])('%s breaks no rule', (_, changes) => {
  expect(broken(changes)).toEqual([]);
});

const key = `is encrypted with ${imageKeyArn}`;

test.each<[what: string, changes: Changes, rule: string, value: string]>([
  ['another owner', { image: { OwnerId: '999999999999' } }, `owner is ${opsAccount}`, '"999999999999"'],
  ['a failed image', { image: { State: 'failed' } }, 'state is available', '"failed"'],
  ['a disabled image', { image: { State: 'disabled' } }, 'state is available', '"disabled"'],
  ['no ManagedBy', { image: { Tags: tags({ ManagedBy: undefined }) } }, 'tag ManagedBy is packer', 'nothing'],
  ['another ManagedBy', { image: { Tags: tags({ ManagedBy: 'Packer' }) } }, 'tag ManagedBy is packer', '"Packer"'],
  ['another project', { image: { Tags: tags({ Project: 'x' }) } }, 'tag Project is boundless-ami-factory', '"x"'],
  ['no Version', { image: { Tags: tags({ Version: undefined }) } }, 'tag Version is set', 'nothing'],
  ['no InputsHash', { image: { Tags: tags({ InputsHash: undefined }) } }, 'tag InputsHash is set', 'nothing'],
  ['an empty InputsHash', { image: { Tags: tags({ InputsHash: '' }) } }, 'tag InputsHash is set', '""'],
  ['an unknown kind', { image: { Tags: tags({ Image: 'x' }) } }, 'tag Image is one of manager, prover, bento', '"x"'],
  ['another name', { image: { Name: 'x' } }, 'name starts with boundless-manager-', '"x"'],
  [
    'the name of another kind',
    { image: { Name: 'boundless-prover-1' } },
    'name starts with boundless-manager-',
    '"boundless-prover-1"',
  ],
  ['no creation date', { image: { CreationDate: undefined } }, 'creation date is a time', 'nothing'],
  ['a public image', { image: { Public: true } }, 'image is not public', '"Public: true"'],
  [
    'a permission for all',
    { launchPermissions: [{ Group: 'all' }] },
    'image is not public',
    '"launch permission for the group all"',
  ],
  [
    'a deprecated image',
    { image: { DeprecationTime: '2026-09-01T17:00:00.000Z' } },
    'image is not deprecated',
    '"2026-09-01T17:00:00.000Z"',
  ],
  [
    'a withdrawn image',
    { image: { Tags: tags({ Withdrawn: 'it does not boot' }) } },
    'image is not withdrawn',
    '"it does not boot"',
  ],
  ['a deprecation that is not a time', { image: { DeprecationTime: 'x' } }, 'image is not deprecated', '"x"'],
  [
    'no volumes',
    { image: { BlockDeviceMappings: [{ DeviceName: '/dev/sdb', VirtualName: 'ephemeral0' }] } },
    'image has a snapshot',
    'nothing',
  ],
  [
    'a plain snapshot',
    { snapshots: [goodSnapshot({ Encrypted: false })] },
    `snapshot of /dev/sda1 ${key}`,
    JSON.stringify({ snapshot: 'snap-1', encrypted: false, key: imageKeyArn }),
  ],
  [
    'a snapshot without a key',
    { snapshots: [{ SnapshotId: 'snap-1', Encrypted: true }] },
    `snapshot of /dev/sda1 ${key}`,
    JSON.stringify({ snapshot: 'snap-1', encrypted: true }),
  ],
  [
    'another key',
    { snapshots: [goodSnapshot({ KmsKeyId: `${imageKeyArn}0` })] },
    `snapshot of /dev/sda1 ${key}`,
    JSON.stringify({ snapshot: 'snap-1', encrypted: true, key: `${imageKeyArn}0` }),
  ],
  ['a snapshot that is gone', { snapshots: [] }, `snapshot of /dev/sda1 ${key}`, 'nothing'],
  [
    'a volume without a snapshot',
    {
      image: {
        BlockDeviceMappings: [
          { DeviceName: '/dev/sda1', Ebs: { SnapshotId: 'snap-1' } },
          { DeviceName: '/dev/sdc', Ebs: { VolumeSize: 8 } },
        ],
      },
    },
    `snapshot of /dev/sdc ${key}`,
    'nothing',
  ],
  [
    'one plain snapshot of two',
    {
      image: {
        BlockDeviceMappings: [
          { Ebs: { SnapshotId: 'snap-1' } },
          { DeviceName: '/dev/sdc', Ebs: { SnapshotId: 'snap-2' } },
        ],
      },
      snapshots: [goodSnapshot(), { SnapshotId: 'snap-2', Encrypted: false }],
    },
    `snapshot of /dev/sdc ${key}`,
    JSON.stringify({ snapshot: 'snap-2', encrypted: false }),
  ],
])('%s breaks one rule', (_, changes, rule, value) => {
  expect(broken(changes)).toEqual([{ rule, value, fix: expect.stringMatching(/.{10}/) as unknown }]);
});

test('an image of an unknown kind may have the name of any kind', () => {
  const rules = broken({ image: { Tags: tags({ Image: undefined }), Name: 'ubuntu' } }).map(({ rule }) => rule);
  expect(rules).toEqual([
    'tag Image is one of manager, prover, bento',
    'name starts with boundless-manager- or boundless-prover- or boundless-bento-',
  ]);
});
