import type { Call, Decide } from '../../../lab/local-aws/fault-proxy';
import type { Fault } from '../../../lab/local-aws/proxy-faults';
import { functionEnvironment } from '../../support/function-environment';
import type { ClientConfig } from './factory';
import { MemoryFactory } from './memory-factory';
import { environment, exportedBy, inputsHash, serviceAccounts } from './support';

/**
 * Every call of an image's sharing goes wrong once, and the final state is what it should be. AWS is in memory, and the
 * SDK is the real one; `conformance.test.ts` compares its faults and answers with those that come over HTTP.
 */
describe('faults at every call', () => {
  const factory = new MemoryFactory();
  let cleanRun: readonly Call[];

  functionEnvironment(environment);
  // The SDK waits for a random part of its back-off: none of it.
  beforeEach(() => jest.spyOn(Math, 'random').mockReturnValue(0));

  const share = (imageId: string, decide?: Decide, config: ClientConfig = {}) =>
    factory.invoke(exportedBy(imageId), { ...(decide !== undefined && { decide }), config });

  async function expectShared(imageId: string) {
    expect(await factory.launchPermissions(imageId)).toEqual(serviceAccounts);
    for (const account of serviceAccounts)
      expect(await factory.view(account, imageId)).toEqual({
        pointers: { 'manager/latest': imageId },
        tags: {
          ManagedBy: 'packer',
          Project: 'boundless-ami-factory',
          Image: 'manager',
          Version: '1.2.3',
          InputsHash: inputsHash,
        },
      });
    expect((await factory.announced()).map(({ type }) => type)).toContain('AMI Shared');
  }

  /** An image of its own for each fault. The one before is gone, so that none is newer. */
  async function withImage(work: (imageId: string) => Promise<void>) {
    const imageId = await factory.build('manager');
    await work(imageId);
    await expectShared(imageId);
    await factory.remove(imageId);
  }

  test('without any, it takes as many calls as there are steps', async () => {
    await withImage(async (imageId) => {
      const { error, calls } = await share(imageId);
      expect(error).toBeUndefined();
      cleanRun = calls;
      // 7 of the image and its build, 2 looks at what is the newest, 6 in each account, 1 event.
      expect(cleanRun).toHaveLength(7 + 2 + 6 * serviceAccounts.length + 1);
    });
  });

  test.each<Fault>(['throttle', 'break', 'miss', 'expire', 'hang', 'lose'])(
    'a call that meets "%s" is repeated within the invocation',
    async (fault) => {
      for (let bad = 0; bad < cleanRun.length; bad += 1) {
        await withImage(async (imageId) => {
          const decide: Decide = ({ action }, index) =>
            index === bad && (fault !== 'miss' || action.startsWith('ec2:')) ? fault : undefined;
          const { error, calls } = await share(imageId, decide);
          // Sessions of the function's own role are renewed by Lambda: there the retry of the invocation helps.
          if (error !== undefined) {
            expect({ fault, role: calls[bad]?.role, error }).toMatchObject({ fault: 'expire', role: undefined });
            expect((await share(imageId)).error).toBeUndefined();
          }
        });
      }
    },
  );

  test('a call that is denied is not repeated, and the retry of the invocation does what is missing', async () => {
    for (let bad = 0; bad < cleanRun.length; bad += 1)
      await withImage(async (imageId) => {
        const { error, calls } = await share(imageId, (_, index) => (index === bad ? 'deny' : undefined));
        expect(error).toBeInstanceOf(Error);
        // Only the event bus gets one more event: that of the failure, after it did not take that of the success.
        const denied = calls[bad]!;
        const times = (run: readonly Call[]) =>
          run.filter(({ role, action }) => role === denied.role && action === denied.action).length;
        expect(times(calls)).toBeLessThanOrEqual(times(cleanRun) + (denied.action === 'events:PutEvents' ? 1 : 0));
        expect((await share(imageId)).error).toBeUndefined();
      });
  });

  test('a crash between any two calls leaves nothing that the retry does not put right', async () => {
    for (let last = 0; last < cleanRun.length; last += 1)
      await withImage(async (imageId) => {
        // From here on nothing gets through any more, as if the function had ended.
        const { error } = await share(imageId, (_, index) => (index >= last ? 'deny' : undefined));
        expect(error).toBeInstanceOf(Error);
        expect((await share(imageId)).error).toBeUndefined();
      });
  });

  test('a service that stays throttled fails the invocation after a bounded number of attempts', async () => {
    await withImage(async (imageId) => {
      const throttled: Decide = ({ action }) => (action === 'ssm:PutParameter' ? 'throttle' : undefined);
      const { error, calls } = await share(imageId, throttled, { maxAttempts: 2 });
      expect(error?.name).toBe('SharingIncompleteError');
      const attempts = calls.filter(({ action }) => action === 'ssm:PutParameter').length;
      // 2 of the SDK, in each of 3 sessions of each account.
      expect(attempts).toBe(2 * 3 * serviceAccounts.length);
      expect((await share(imageId)).error).toBeUndefined();
    });
  });
});
