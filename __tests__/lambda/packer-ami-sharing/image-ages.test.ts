import type { Image } from '@aws-sdk/client-ec2';
import { imageAges } from '../../../lambda/packer-ami-sharing/images/image-ages';
import { listedImage } from '../../../lambda/packer-ami-sharing/images/image-list';
import type { Published } from '../../../lambda/packer-ami-sharing/result';
import { goodImage, imageKeyArn, opsAccount } from './support';

const now = new Date('2026-09-11T16:10:00.000Z');
const image = (ImageId: string, day: number, changes: Partial<Image> = {}) =>
  goodImage({ ImageId, CreationDate: `2026-09-${String(day).padStart(2, '0')}T16:10:00.000Z`, ...changes });
const account = (...validated: readonly string[]): Published => ({
  accountId: '222222222222',
  tagged: [],
  failures: [],
  isCutShort: false,
  pointers: validated.map((id) => ({ kind: 'manager', moved: false, pinned: false, validated: id })),
});
const agesOf = (images: readonly Image[], published: readonly Published[] = []) =>
  imageAges(
    images.map((one) => listedImage(one, { opsAccountId: opsAccount, imageKeyArn, now })),
    published,
    now,
  ).find(({ kind }) => kind === 'manager');

test('the newest image and the newest that staging validated have an age each', () => {
  const images = [image('ami-3', 10), image('ami-2', 6), image('ami-1', 1)];
  expect(agesOf(images, [account('ami-1')])).toEqual({ kind: 'manager', latest: 1, validated: 10 });
  // One account may be behind another: what counts is the newest that any validated.
  expect(agesOf(images, [account('ami-1'), account('ami-2')])).toMatchObject({ validated: 5 });
});

test('a withdrawn image is no newest one, but stays validated until another is', () => {
  const withdrawn = image('ami-3', 10, { DeprecationTime: '2026-09-10T17:00:00.000Z' });
  expect(agesOf([withdrawn, image('ami-2', 6)], [account('ami-3')])).toEqual({
    kind: 'manager',
    latest: 5,
    validated: 1,
  });
});

test('an image of an interrupted build, which no account gets, does not hide how old the newest one is', () => {
  const Tags = goodImage().Tags?.filter(({ Key }) => Key !== 'Version');
  expect(agesOf([image('ami-3', 10, { ...(Tags && { Tags }) }), image('ami-2', 6)])).toEqual({
    kind: 'manager',
    latest: 5,
  });
});

test.each<[string, readonly Published[]]>([
  ['nothing is validated', [account()]],
  [
    'its account could not be read',
    [{ ...account(), pointers: [], failures: [{ part: 'account', error: 'AccessDenied' }] }],
  ],
  ['the pointer names an image that is gone', [account('ami-gone')]],
])('there is no age of a validated image where %s', (_, published) => {
  expect(agesOf([image('ami-3', 10)], published)).toEqual({ kind: 'manager', latest: 1 });
});

test('there is no age where there is no image', () => {
  expect(agesOf([])).toEqual({ kind: 'manager' });
});
