import { ModifyImageAttributeCommand } from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { ImageKind } from '../../../config/names';
import type { SharingResult } from '../../../lambda/packer-ami-sharing/result';
import { functionEnvironment } from '../../support/function-environment';
import { baseImage } from './factory';
import { MemoryFactory } from './memory-factory';
import { environment, exportedBy, inputsHash, manualEvent, serviceAccounts } from './support';

const [staging] = serviceAccounts as [string];
/** Accounts that no other test has shared anything with: images of one second would be ordered by their ids. */
const manyAccounts = (count: number) =>
  Array.from({ length: count }, (_, index) => String(200_000_000_000 + 1000 * count + index));

describe('sharing', () => {
  const factory = new MemoryFactory();
  functionEnvironment(environment);

  async function share(event: unknown): Promise<SharingResult> {
    const { error, result } = await factory.invoke(event);
    if (error !== undefined) throw error;
    return result as SharingResult;
  }
  const pointerIn = async (account: string, kind: ImageKind) =>
    (await factory.view(account, baseImage)).pointers[`${kind}/latest`];
  const tagsOf = (kind: ImageKind) => ({
    ManagedBy: 'packer',
    Project: 'boundless-ami-factory',
    Image: kind,
    Version: '1.2.3',
    InputsHash: inputsHash,
  });

  describe.each([1, 2, 100])('with %d accounts', (count) => {
    const accounts = manyAccounts(count);
    let imageId: string;
    beforeAll(async () => {
      imageId = await factory.build('manager');
      await factory.announced();
    });
    beforeEach(() => {
      Object.assign(process.env, environment(accounts));
    });

    test('an image reaches every account in at most 6 calls each, and one call gives all permissions', async () => {
      // As a build leaves it.
      expect(await factory.image(imageId)).not.toHaveProperty('ImdsSupport');
      const { result, calls } = await factory.invoke(exportedBy(imageId));
      const { accounts: shared } = result as SharingResult;
      expect(shared).toEqual(
        accounts.map((accountId) => ({
          accountId,
          launchPermission: 'added',
          tags: 'added',
          pointer: 'moved',
        })),
      );
      expect(await factory.launchPermissions(imageId)).toEqual(accounts);
      for (const account of accounts)
        expect(await factory.view(account, imageId)).toEqual({
          pointers: { 'manager/latest': imageId },
          tags: tagsOf('manager'),
        });
      const actions = calls.map(({ action }) => action);
      // The other one makes its instances require IMDSv2.
      expect(actions.filter((action) => action === 'ec2:ModifyImageAttribute')).toHaveLength(2);
      expect(await factory.image(imageId)).toMatchObject({ ImdsSupport: 'v2.0' });
      const inAccounts = calls.filter(({ role }) => role?.includes('publisher')).length;
      expect(inAccounts + actions.filter((action) => action === 'sts:AssumeRole').length).toBe(6 * count);
      expect(await factory.announced()).toEqual([{ type: 'AMI Shared', detail: result }]);
    });

    test('the second event changes nothing', async () => {
      const { result, calls } = await factory.invoke(exportedBy(imageId));
      const { accounts: shared } = result as SharingResult;
      expect(shared).toEqual(
        accounts.map((accountId) => ({
          accountId,
          launchPermission: 'present',
          tags: 'present',
          pointer: 'unchanged',
        })),
      );
      const changes = calls.filter(({ action }) => !/:(Describe|Get|BatchGet|AssumeRole)/.test(action));
      expect(changes.map(({ action }) => action)).toEqual(['events:PutEvents']);
    });
  });

  test('a stranger gets nothing', async () => {
    const imageId = await factory.build('manager');
    await share(exportedBy(imageId));
    expect(await factory.view('999999999999', imageId)).toEqual({ pointers: {}, tags: undefined });
  });

  test('pointers follow the newest image, in whatever order the events come', async () => {
    const [older = '', newer = ''] = await factory.buildInOrder('prover', 2);
    await expect(share(manualEvent(newer))).resolves.toMatchObject({
      accounts: [{ pointer: 'moved' }, { pointer: 'moved' }],
    });
    await expect(share(manualEvent(older))).resolves.toMatchObject({
      accounts: serviceAccounts.map((accountId) => ({
        accountId,
        launchPermission: 'added',
        tags: 'added',
        pointer: 'kept-newer',
      })),
    });
    for (const account of serviceAccounts) expect(await pointerIn(account, 'prover')).toBe(newer);
  });

  test('images that are shared at the same time leave the newest one in charge', async () => {
    for (let time = 0; time < 5; time += 1) {
      const images = await factory.buildInOrder('bento', 3);
      await Promise.all(images.map((imageId) => share(manualEvent(imageId))));
      for (const account of serviceAccounts) expect(await pointerIn(account, 'bento')).toBe(images[2]);
    }
  });

  test('an older image that moved a pointer back, and crashed before it looked again, is put right by its retry', async () => {
    const [older = '', newer = ''] = await factory.buildInOrder('prover', 2);
    await share(manualEvent(newer));
    await share(manualEvent(older));
    await factory
      .client(SSMClient, staging)
      .send(new PutParameterCommand({ Name: '/boundless/ami/prover/latest', Value: older, Overwrite: true }));
    await share(manualEvent(older));
    expect(await pointerIn(staging, 'prover')).toBe(newer);
  });

  test('a pin is honoured', async () => {
    const [pinned = '', newer = ''] = await factory.buildInOrder('prover', 2);
    await share(manualEvent(pinned));
    await factory
      .client(SSMClient, staging)
      .send(new PutParameterCommand({ Name: '/boundless/ami/prover/pinned', Value: pinned, Type: 'String' }));
    await expect(share(manualEvent(newer))).resolves.toMatchObject({
      accounts: [{ pointer: 'pinned' }, { pointer: 'moved' }],
    });
    expect(await pointerIn(staging, 'prover')).toBe(pinned);
  });

  test.each<[what: string, make: () => Promise<string>, reason: RegExp]>([
    [
      'is not encrypted',
      () => factory.build('manager', { encrypted: false }),
      /snapshot of \/dev\/sda1 is encrypted with/,
    ],
    [
      'is encrypted with another key',
      async () => factory.build('manager', { keyArn: await factory.anotherKey() }),
      /snapshot of \/dev\/sda1 is encrypted with/,
    ],
    [
      'is public',
      async () => {
        const imageId = await factory.build('manager');
        const LaunchPermission = { Add: [{ Group: 'all' as const }] };
        await factory.ec2.send(new ModifyImageAttributeCommand({ ImageId: imageId, LaunchPermission }));
        return imageId;
      },
      /image is not public/,
    ],
  ])('an image that %s is shared with nobody, and an event explains why', async (_, make, reason) => {
    const imageId = await make();
    const before = await factory.view(staging, imageId);
    await factory.announced();
    await expect(share(exportedBy(imageId))).rejects.toThrow(reason);
    expect(await factory.launchPermissions(imageId)).not.toContain(staging);
    expect(await factory.view(staging, imageId)).toEqual(before);
    expect(await factory.announced()).toEqual([
      {
        type: 'AMI Sharing Failed',
        detail: {
          buildId: expect.stringContaining('packer-build-project:') as unknown,
          imageId,
          error: 'ImageRefusedError',
          message: expect.stringMatching(reason) as unknown,
          permanent: true,
        },
      },
    ]);
  });

  test('an image of another owner, or of none, is not found', async () => {
    await expect(share(exportedBy('ami-00000000000000000'))).rejects.toThrow(/can't be seen in this account/);
    await expect(share(exportedBy(baseImage))).rejects.toThrow(/owner is 111111111111: found "099720109477"/);
  });
});
