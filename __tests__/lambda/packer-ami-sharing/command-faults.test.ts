import { ModifyImageAttributeCommand } from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { handlerWith } from '../../../lambda/packer-ami-sharing/handler';
import { layWire, type Decide } from '../../../tools/local-aws/wire';
import { describeWith, localAws } from '../../support/tools';
import { LocalFactory } from './local-factory';
import { context, environment, exportedBy, noWaits } from './support';

jest.setTimeout(900_000);

const [staging, production, stranger] = ['222222222222', '333333333333', '999999999999'] as const;
const both = [staging, production];
const saved = { ...process.env };

/** What a command starts from, does, and must have reached in the end. */
interface Scenario {
  readonly command: (images: Images) => object;
  readonly prepare: (images: Images) => Promise<unknown>;
  readonly expectDone: (images: Images) => Promise<void>;
}
interface Images {
  readonly older: string;
  readonly newer: string;
}

describeWith([localAws], 'a command that is cut short between any two calls', () => {
  let factory: LocalFactory;

  beforeAll(async () => {
    factory = await LocalFactory.start();
    for (const account of both) await factory.prepareLaunch(account);
  });
  afterAll(() => factory.stop());
  beforeEach(() => {
    process.env = { ...saved, ...environment(both), AMI_KEY_ARN: factory.imageKeyArn };
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    process.env = saved;
    await factory.clear(both);
  });

  async function invoke(input: unknown, decide?: Decide) {
    const wire = await layWire(factory.aws.endpoint, decide);
    try {
      const clients = factory.clients(wire.endpoint);
      const error = await handlerWith({ clients, waits: noWaits() })(input, context).then(
        () => undefined,
        (thrown: unknown) => thrown as Error,
      );
      return { error, calls: wire.calls.length };
    } finally {
      await wire.close();
    }
  }
  const latest = async () =>
    Promise.all(both.map(async (account) => (await factory.view(account, '')).pointers['manager/latest']));

  const scenarios: Readonly<Record<string, Scenario>> = {
    reconcile: {
      command: () => ({ command: 'reconcile' }),
      prepare: async ({ older, newer }) => {
        const LaunchPermission = {
          Remove: [{ UserId: staging }],
          Add: [{ UserId: stranger }, { Group: 'all' as const }],
        };
        await factory.ec2.send(new ModifyImageAttributeCommand({ ImageId: newer, LaunchPermission }));
        const ssm = new SSMClient(await factory.aws.clientSettings(production));
        const Name = '/boundless/ami/manager/latest';
        await ssm.send(new PutParameterCommand({ Name, Value: older, Overwrite: true }));
        await factory.tag(older, { Withdrawn: 'cut short' });
      },
      expectDone: async ({ older, newer }) => {
        expect(await factory.launchPermissions(newer)).toEqual(both);
        expect(await latest()).toEqual([newer, newer]);
        expect((await factory.image(older)).DeprecationTime).toBeDefined();
      },
    },
    withdraw: {
      command: ({ newer }) => ({ command: 'withdraw', imageId: newer, reason: 'bad' }),
      prepare: () => Promise.resolve(),
      expectDone: async ({ older, newer }) => {
        const { DeprecationTime, Tags } = await factory.image(newer);
        expect(DeprecationTime).toBeDefined();
        expect(Tags).toContainEqual({ Key: 'Withdrawn', Value: 'bad' });
        expect(await latest()).toEqual([older, older]);
        expect((await factory.announced()).map(({ type }) => type)).toContain('AMI Withdrawn');
      },
    },
    pin: {
      command: ({ older }) => ({ command: 'pin', accountId: production, imageId: older }),
      prepare: () => Promise.resolve(),
      expectDone: async ({ older, newer }) => {
        expect(await latest()).toEqual([newer, older]);
        expect((await factory.view(production, '')).pointers['manager/pinned']).toBe(older);
      },
    },
  };

  test.each(Object.entries(scenarios))(
    '%s: the next one does the rest',
    async (_, { command, prepare, expectDone }) => {
      let calls = Infinity;
      // The first round is not cut short, and says how many calls there are.
      for (let last = -1; last < calls; last += 1) {
        const [older = '', newer = ''] = await factory.buildInOrder('manager', 2);
        const images = { older, newer };
        for (const imageId of [older, newer]) await invoke(exportedBy(imageId));
        await prepare(images);
        const cut = await invoke(command(images), (_call, index) => (last >= 0 && index >= last ? 'deny' : undefined));
        if (last === -1) calls = cut.calls;
        else {
          expect(cut.error).toBeInstanceOf(Error);
          expect((await invoke(command(images))).error).toBeUndefined();
        }
        await expectDone(images);
        await factory.clear(both);
      }
      expect(calls).toBeGreaterThan(10);
    },
  );
});
