import { DescribeImageAttributeCommand } from '@aws-sdk/client-ec2';
import { GetParametersCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { mapBounded } from '../../../lambda/common/bounded';
import type { AccountCredentials } from '../../../lambda/common/assumed-role';
import { shareImage } from '../../../lambda/packer-ami-sharing/accounts/share-image';
import { goodImage, imageId, mockedAws, noWaits, pointer, runOf, serviceAccounts, type MockedAws } from './support';

const [staging, production] = serviceAccounts as [string, string];
const share = (
  aws: MockedAws,
  accounts: readonly string[] = serviceAccounts,
  sleep = jest.fn(() => Promise.resolve()),
) => shareImage(imageId, runOf(aws, { accounts, waits: noWaits(sleep) }));

const pointingTo = (value: string) =>
  Object.fromEntries(serviceAccounts.map((account) => [account, { [pointer]: value }]));

describe('launch permissions', () => {
  test('are added for all accounts in one call', async () => {
    const aws = mockedAws();
    const { accounts } = await share(aws);
    expect(aws.permissionChanges()).toEqual([
      { ImageId: imageId, LaunchPermission: { Add: [{ UserId: staging }, { UserId: production }] } },
    ]);
    expect(accounts.map(({ launchPermission }) => launchPermission)).toEqual(['added', 'added']);
  });

  test('are added for those that lack one', async () => {
    const aws = mockedAws({ launchPermissions: [{ UserId: staging }] });
    const { accounts } = await share(aws);
    expect(aws.permissionChanges()).toEqual([
      { ImageId: imageId, LaunchPermission: { Add: [{ UserId: production }] } },
    ]);
    expect(accounts.map(({ launchPermission }) => launchPermission)).toEqual(['present', 'added']);
  });

  test('are left alone where nothing is missing', async () => {
    const aws = mockedAws({ launchPermissions: serviceAccounts.map((UserId) => ({ UserId })) });
    const { accounts } = await share(aws);
    expect(aws.permissionChanges()).toEqual([]);
    expect(accounts.map(({ launchPermission }) => launchPermission)).toEqual(['present', 'present']);
  });

  test('may take a while to be listed', async () => {
    const aws = mockedAws();
    const listed = { LaunchPermissions: serviceAccounts.map((UserId) => ({ UserId })) };
    aws.ec2.on(DescribeImageAttributeCommand).resolvesOnce({}).resolvesOnce({}).resolves(listed);
    const sleep = jest.fn(() => Promise.resolve());
    await expect(share(aws, serviceAccounts, sleep)).resolves.toMatchObject({ imageId });
    expect(sleep.mock.calls).toEqual([[1]]);
  });

  test('that are not kept fail their account before its pointer is moved, and no other', async () => {
    const aws = mockedAws({ keepsPermissions: false, launchPermissions: [{ UserId: staging }] });
    const { accounts } = await share(aws);
    expect(accounts).toEqual([
      { accountId: staging, launchPermission: 'present', tags: 'added', pointer: 'moved' },
      {
        accountId: production,
        launchPermission: 'missing',
        error: expect.stringMatching(
          `^LaunchPermissionsWrongError: ${imageId} has not the launch permission that was set 3 s before;`,
        ) as unknown,
      },
    ]);
    expect(aws.puts.map(({ account }) => account)).toEqual([staging]);
  });
});

describe('the publisher role', () => {
  test('is assumed per account, for as short as possible, with a session name that has the image', async () => {
    const aws = mockedAws();
    await share(aws);
    expect(aws.sts.commandCalls(AssumeRoleCommand).map(({ args: [command] }) => command.input)).toEqual(
      serviceAccounts.map((account) => ({
        RoleArn: `arn:aws:iam::${account}:role/packer-ami-publisher-role`,
        RoleSessionName: `packer-ami-sharing-${imageId}`,
        DurationSeconds: 900,
      })),
    );
  });

  test('without credentials fails its account', async () => {
    const aws = mockedAws();
    aws.sts.on(AssumeRoleCommand).resolves({});
    const { accounts } = await share(aws, [staging]);
    expect(accounts[0]?.error).toBe(
      `NoCredentialsError: AssumeRole of arn:aws:iam::${staging}:role/packer-ami-publisher-role returned no credentials`,
    );
  });
});

describe('pointers', () => {
  const other = 'ami-0fedcba9876543210';
  const outcomes = async (aws: MockedAws) => (await share(aws)).accounts.map(({ pointer: outcome }) => outcome);

  test('are made as image parameters', async () => {
    const aws = mockedAws();
    await expect(outcomes(aws)).resolves.toEqual(['moved', 'moved']);
    expect(aws.puts).toEqual(
      serviceAccounts.map((account) => ({
        account,
        input: {
          Name: pointer,
          Value: imageId,
          Type: 'String',
          DataType: 'aws:ec2:image',
          Description:
            'The manager image to run: the newest that was shared, or the pinned one. packer-ami-sharing moves it.',
          Overwrite: true,
        },
      })),
    );
  });

  test('follow the kind of the image', async () => {
    const Tags = goodImage().Tags?.map((tag) => (tag.Key === 'Image' ? { Key: 'Image', Value: 'prover' } : tag));
    const aws = mockedAws({ images: [goodImage({ Name: 'boundless-prover-1', Tags: Tags ?? [] })] });
    await share(aws);
    expect(aws.puts.map(({ input }) => input.Name)).toEqual(serviceAccounts.map(() => '/boundless/ami/prover/latest'));
  });

  test('that name the image stay', async () => {
    const aws = mockedAws({ pointers: pointingTo(imageId) });
    await expect(outcomes(aws)).resolves.toEqual(['unchanged', 'unchanged']);
    expect(aws.puts).toEqual([]);
  });

  test.each([
    ['older', 'moved', other, '2026-09-01T16:09:59.999Z'],
    ['newer', 'kept-newer', other, '2026-09-01T16:10:00.001Z'],
    ['as old with a higher id', 'kept-newer', 'ami-1234567890abcdef1', '2026-09-01T16:10:00.000Z'],
    ['as old with a lower id', 'moved', other, '2026-09-01T16:10:00.000Z'],
  ])('that name an image that is %s: %s', async (_, outcome, ImageId, CreationDate) => {
    const aws = mockedAws({
      images: [goodImage(), goodImage({ ImageId, CreationDate })],
      pointers: pointingTo(ImageId),
    });
    await expect(outcomes(aws)).resolves.toEqual([outcome, outcome]);
    expect(aws.state.pointers).toEqual(pointingTo(outcome === 'moved' ? imageId : ImageId));
  });

  test('that name an image that is gone, or no image, are moved', async () => {
    const pointers = { [staging]: { [pointer]: other }, [production]: { [pointer]: 'none' } };
    const aws = mockedAws({ pointers });
    await expect(outcomes(aws)).resolves.toEqual(['moved', 'moved']);
    expect(aws.state.pointers).toEqual(pointingTo(imageId));
  });

  test('that Parameter Store drops fail their account, with the wait in the reason', async () => {
    const sleep = jest.fn(() => Promise.resolve());
    const { accounts } = await share(mockedAws({ keepsPointers: false }), [staging], sleep);
    expect(accounts).toEqual([
      {
        accountId: staging,
        launchPermission: 'added',
        error: expect.stringMatching(`^PointerNotMovedError: ${pointer} does not name ${imageId} 7 s after`) as unknown,
      },
    ]);
    expect(sleep.mock.calls).toEqual([[3], [4]]);
  });
});

describe('tags', () => {
  test('may take a while to show', async () => {
    const aws = mockedAws({ keepsTags: false });
    const sleep = jest.fn(() => {
      aws.state.tags = { [staging]: goodImage().Tags ?? [] };
      return Promise.resolve();
    });
    const { accounts } = await share(aws, [staging], sleep);
    expect(accounts).toMatchObject([{ tags: 'added', pointer: 'moved' }]);
    expect(sleep.mock.calls).toEqual([[5]]);
  });

  test('that do not show fail their account before its pointer moves', async () => {
    const aws = mockedAws({ keepsTags: false });
    const { accounts } = await share(aws, [staging]);
    expect(accounts[0]?.error).toMatch(new RegExp(`^TagsMissingError: ${imageId} can't be seen .* 11 s after`));
    expect(aws.puts).toEqual([]);
  });
});

test('a pointer that another writer keeps changing fails its account', async () => {
  const aws = mockedAws({
    images: [goodImage(), goodImage({ ImageId: 'ami-00000000', CreationDate: '2026-01-01T00:00:00Z' })],
  });
  const inAccount = aws.clients.inAccount;
  const contended = {
    ...aws.clients,
    inAccount: (credentials: AccountCredentials) => {
      const clients = inAccount(credentials);
      const reads = ['ami-00000000', 'ami-11111111', 'ami-22222222', 'ami-33333333', 'ami-44444444'];
      const ssm = mockClient(clients.ssm);
      ssm.on(PutParameterCommand).resolves({});
      ssm.on(GetParametersCommand).callsFake(() => ({ Parameters: [{ Name: pointer, Value: reads.shift() }] }));
      return clients;
    },
  };
  const { accounts } = await shareImage(imageId, runOf({ clients: contended }, { accounts: [staging] }));
  expect(accounts[0]?.error).toMatch(/^PointerContendedError: .*latest was changed by another writer 3 times/);
});

describe('accounts are published to', () => {
  const many = Array.from({ length: 23 }, (_, index) => String(200_000_000_000 + index));

  test('all of them, in the order of the settings', async () => {
    const { accounts } = await share(mockedAws(), many);
    expect(accounts.map(({ accountId }) => accountId)).toEqual(many);
  });

  test('ten at a time', async () => {
    let running = 0;
    let most = 0;
    const results = await mapBounded(many, 10, async (account) => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      return account;
    });
    expect(most).toBe(10);
    expect(results).toEqual(many);
  });
});
