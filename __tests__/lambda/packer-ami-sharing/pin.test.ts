import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { production, staging, commands } from './commands';

const on = commands();

describe('pin', () => {
  test('holds one account on an image, whatever is shared, until it is taken away', async () => {
    const [older = '', newer = '', newest = ''] = await on.factory.buildInOrder('manager', 3);
    for (const imageId of [older, newer]) await on.share(imageId);

    await expect(on.pin(older, true)).resolves.toEqual({ accountId: production, kind: 'manager', pinned: older });
    expect(await on.latest(production)).toBe(newer);

    await expect(on.pin(older)).resolves.toEqual({
      accountId: production,
      kind: 'manager',
      pinned: older,
      pointer: { kind: 'manager', imageId: older, was: newer, moved: true, pinned: true },
    });
    await on.share(newest);
    await on.reconcile();
    expect([await on.latest(staging), await on.latest(production)]).toEqual([newest, older]);

    await on.unpin(true);
    expect(await on.latest(production)).toBe(older);
    await expect(on.unpin()).resolves.toMatchObject({ pointer: { imageId: newest, moved: true, pinned: false } });
    expect((await on.factory.view(production, '')).pointers).toEqual({ 'manager/latest': newest });
    await expect(on.unpin()).resolves.toMatchObject({ pointer: { imageId: newest, moved: false } });
  });

  test('of an image that is withdrawn later stays for the operator to remove, and each run reports it', async () => {
    const [older = '', bad = ''] = await on.factory.buildInOrder('manager', 2);
    for (const imageId of [older, bad]) await on.share(imageId);
    await on.pin(bad);
    await expect(on.invoke({ command: 'withdraw', imageId: bad, reason: 'bad' })).rejects.toThrow(
      `${production}: the image is pinned here; unpin it`,
    );
    expect([await on.latest(staging), await on.latest(production)]).toEqual([older, bad]);
    await expect(on.reconcile()).rejects.toThrow(/still names it; unpin it/);
    await on.unpin();
    await expect(on.reconcile()).resolves.toMatchObject({ failures: [] });
  });

  test('of an image that is gone fails its account, and stops no other', async () => {
    const [older = '', newer = ''] = await on.factory.buildInOrder('manager', 2);
    await on.share(older);
    await on.pin(older);
    await on.factory.remove(older);
    await expect(on.share(newer)).rejects.toThrow(/333333333333: PinUnusableError: .*manager\/pinned of 333333333333/);
    expect([await on.latest(staging), await on.latest(production)]).toEqual([newer, older]);
  });

  test('takes only images that the account can launch', async () => {
    const imageId = await on.factory.build('manager');
    await expect(on.pin(imageId)).rejects.toThrow(/image is shared with 333333333333: found no launch permission/);
    await expect(on.pin('ami-00000000')).rejects.toThrow(/can't be seen in this account/);
    const ssm = on.factory.client(SSMClient, production);
    await expect(ssm.send(new DeleteParameterCommand({ Name: '/boundless/ami/manager/pinned' }))).rejects.toThrow();
  });
});
