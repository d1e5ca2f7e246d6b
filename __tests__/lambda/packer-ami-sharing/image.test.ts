import { DescribeImageAttributeCommand, DescribeImagesCommand, DescribeSnapshotsCommand } from '@aws-sdk/client-ec2';
import { ImageNotReadyError, ImageRefusedError } from '../../../lambda/packer-ami-sharing/errors';
import { settingsFrom } from '../../../lambda/packer-ami-sharing/settings';
import { verifiedImage } from '../../../lambda/packer-ami-sharing/images/verify-image';
import { ec2Error, environment, goodImage, goodSnapshot, imageId, mockedAws, noWaits, type MockedAws } from './support';

const verify = (aws: MockedAws, sleep = jest.fn(() => Promise.resolve())) =>
  verifiedImage(aws.clients.ec2, imageId, settingsFrom(environment()), noWaits(sleep));

test('a good image is verified in one look', async () => {
  const aws = mockedAws({ launchPermissions: [{ UserId: '222222222222' }] });
  const sleep = jest.fn(() => Promise.resolve());
  await expect(verify(aws, sleep)).resolves.toEqual({
    image: goodImage(),
    kind: 'manager',
    name: 'boundless-manager-1.2.3-20260901161428',
    launchPermissions: [{ UserId: '222222222222' }],
  });
  expect(sleep).not.toHaveBeenCalled();
  const [look, ...others] = aws.ec2.commandCalls(DescribeImagesCommand);
  expect(look?.args[0].input).toEqual({ ImageIds: [imageId], IncludeDisabled: true });
  expect(others).toEqual([]);
});

describe('a new image', () => {
  test('is waited for while EC2 does not know it', async () => {
    const aws = mockedAws();
    aws.ec2
      .on(DescribeImagesCommand)
      .rejectsOnce(ec2Error('InvalidAMIID.NotFound'))
      .resolvesOnce({ Images: [] })
      .resolves({ Images: [goodImage()] });
    const sleep = jest.fn(() => Promise.resolve());
    await expect(verify(aws, sleep)).resolves.toMatchObject({ image: { ImageId: imageId } });
    expect(sleep.mock.calls).toEqual([[1], [2]]);
  });

  test('is given up when it never shows', async () => {
    const aws = mockedAws({ images: [] });
    const sleep = jest.fn(() => Promise.resolve());
    const refused = expect(verify(aws, sleep)).rejects;
    await refused.toThrow(ImageNotReadyError);
    await refused.toThrow(/can't be seen in this account and region, after 3 s; check the id/);
    expect(sleep.mock.calls).toEqual([[1], [2]]);
  });

  test('is waited for while it is pending', async () => {
    const aws = mockedAws();
    const pending = { Images: [goodImage({ State: 'pending' })] };
    aws.ec2
      .on(DescribeImagesCommand)
      .resolvesOnce(pending)
      .resolvesOnce(pending)
      .rejectsOnce(ec2Error('InvalidAMIID.NotFound'))
      .resolves({ Images: [goodImage()] });
    const sleep = jest.fn(() => Promise.resolve());
    await expect(verify(aws, sleep)).resolves.toMatchObject({ image: { ImageId: imageId } });
    expect(sleep.mock.calls).toEqual([[10], [20]]);
  });

  test('is given up when it stays pending', async () => {
    const aws = mockedAws({ images: [goodImage({ State: 'pending' })] });
    const refused = expect(verify(aws)).rejects;
    await refused.toThrow(ImageNotReadyError);
    await refused.toThrow(/is pending for more than 30 s/);
  });

  test('that failed is refused without further waiting', async () => {
    const sleep = jest.fn(() => Promise.resolve());
    const refused = expect(verify(mockedAws({ images: [goodImage({ State: 'failed' })] }), sleep)).rejects;
    await refused.toThrow(ImageRefusedError);
    await refused.toThrow(/state is available: found "failed"/);
    expect(sleep).not.toHaveBeenCalled();
  });
});

test('what is no waiting matter is not waited for', async () => {
  const aws = mockedAws();
  aws.ec2.on(DescribeImagesCommand).rejects(ec2Error('UnauthorizedOperation'));
  const sleep = jest.fn(() => Promise.resolve());
  await expect(verify(aws, sleep)).rejects.toThrow('UnauthorizedOperation');
  expect(sleep).not.toHaveBeenCalled();
});

test('all broken rules are in one error, with value and fix', async () => {
  const aws = mockedAws({
    images: [goodImage({ Tags: [{ Key: 'Image', Value: 'prover' }], Public: true })],
    snapshots: [goodSnapshot({ Encrypted: false })],
  });
  const refused = expect(verify(aws)).rejects;
  await refused.toMatchObject({ name: 'ImageRefusedError', permanent: true });
  await refused.toThrow(
    new RegExp(
      [
        `^${imageId} is refused, it breaks 7 rules:`,
        'tag ManagedBy is packer: found nothing; share only .+',
        'tag Project is boundless-ami-factory: found nothing; share only .+',
        'name starts with boundless-prover-: found "boundless-manager-1.2.3-20260901161428"; build .+',
        'tag Version is set: found nothing; build .+',
        'tag InputsHash is set: found nothing; build .+',
        'image is not public: found "Public: true"; remove .+',
        'snapshot of /dev/sda1 is encrypted with arn:.+: found .+; build the image again.+$',
      ].join('\n'),
    ),
  );
});

test('an image of another owner is refused before it is asked who may launch it, which only its owner may know', async () => {
  const aws = mockedAws({ images: [goodImage({ OwnerId: '999999999999' })] });
  await expect(verify(aws)).rejects.toThrow(/breaks 1 rules:\nowner is 111111111111: found "999999999999"/);
  expect(aws.ec2.commandCalls(DescribeImageAttributeCommand)).toEqual([]);
});

test('snapshots are read to the last page', async () => {
  const volumes = ['snap-1', 'snap-2'].map((SnapshotId) => ({ Ebs: { SnapshotId } }));
  const aws = mockedAws({ images: [goodImage({ BlockDeviceMappings: volumes })] });
  aws.ec2
    .on(DescribeSnapshotsCommand)
    .resolvesOnce({ Snapshots: [goodSnapshot()], NextToken: 'more' })
    .resolves({ Snapshots: [goodSnapshot({ SnapshotId: 'snap-2' })] });
  await expect(verify(aws)).resolves.toMatchObject({ image: { ImageId: imageId } });
  expect(aws.ec2.commandCalls(DescribeSnapshotsCommand)).toHaveLength(2);
});

test('an image without snapshots is refused, and not every snapshot there is looked at', async () => {
  const aws = mockedAws({ images: [goodImage({ BlockDeviceMappings: [] })] });
  await expect(verify(aws)).rejects.toThrow(/image has a snapshot: found nothing/);
  expect(aws.ec2.commandCalls(DescribeSnapshotsCommand)).toEqual([]);
});
