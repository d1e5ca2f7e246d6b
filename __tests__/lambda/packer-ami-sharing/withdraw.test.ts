import { both, staging, commands } from './commands';

const on = commands();

describe('withdraw', () => {
  test('moves pointers to the newest good image, and keeps them from coming back', async () => {
    const [oldest = '', older = '', bad = ''] = await on.factory.buildInOrder('manager', 3);
    for (const imageId of [oldest, older, bad]) await on.share(imageId);
    await on.withdraw(older);
    await on.factory.announced();

    await expect(on.withdraw(bad, true)).resolves.toMatchObject({
      accounts: [{ imageId: oldest }, { imageId: oldest }],
    });
    expect(await on.latest(staging)).toBe(bad);
    expect(await on.factory.announced()).toEqual([]);

    const result = await on.withdraw(bad);
    expect(result).toEqual({
      imageId: bad,
      kind: 'manager',
      name: (await on.factory.image(bad)).Name,
      reason: 'does not boot',
      accounts: both.map((accountId) => ({ accountId, imageId: oldest })),
    });
    for (const account of both) expect(await on.latest(account)).toBe(oldest);
    const { DeprecationTime, Tags } = await on.factory.image(bad);
    expect(Date.parse(DeprecationTime!) - Date.now()).toBeLessThan(150_000);
    expect(Tags).toContainEqual({ Key: 'Withdrawn', Value: 'does not boot' });
    // Instances and templates may still name it.
    expect(await on.factory.launchPermissions(bad)).toEqual(both);
    expect(await on.factory.announced()).toEqual([{ type: 'AMI Withdrawn', detail: result }]);

    await expect(on.share(bad)).rejects.toThrow(/image is not withdrawn: found "does not boot"/);
    await expect(on.reconcile()).resolves.toMatchObject({ driftFound: 0, refused: [], unproven: [] });
    await expect(on.withdraw(bad)).resolves.toEqual(result);
  });

  test('of the only good image fails, since there is no other', async () => {
    const imageId = await on.factory.build('manager');
    await on.share(imageId);
    await expect(on.withdraw(imageId)).rejects.toThrow(
      `withdraw is not done:\n${staging}: there is no other good image of this kind`,
    );
    expect(await on.latest(staging)).toBe(imageId);
    await expect(on.reconcile()).rejects.toThrow(/is withdrawn, and the pointer of manager still names it; build one/);
  });

  test('that was cut short after its mark is finished by reconcile', async () => {
    const [older = '', bad = ''] = await on.factory.buildInOrder('manager', 2);
    for (const imageId of [older, bad]) await on.share(imageId);
    await on.factory.tag(bad, { Withdrawn: 'cut short' });
    await expect(on.reconcile()).resolves.toMatchObject({
      drift: expect.arrayContaining([{ what: 'withdrawal', imageId: bad }]) as unknown,
    });
    expect((await on.factory.image(bad)).DeprecationTime).toBeDefined();
    for (const account of both) expect(await on.latest(account)).toBe(older);
  });

  test('refuses what is no image of this factory', async () => {
    const imageId = await on.factory.build('manager', { tags: { Project: 'another' } });
    await expect(on.withdraw(imageId)).rejects.toThrow(/tag Project is boundless-ami-factory: found "another"/);
    expect((await on.factory.image(imageId)).DeprecationTime).toBeUndefined();
  });
});
