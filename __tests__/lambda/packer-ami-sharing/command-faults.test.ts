import { ModifyImageAttributeCommand } from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { handlerWith } from '../../../lambda/packer-ami-sharing/handler';
import { layWire, type Decide } from '../../../tools/local-aws/wire';
import { describeWith, localAws } from '../../support/tools';
import { LocalFactory } from './local-factory';
import { context, environment, exportedBy, noWaits } from './support';

jest.setTimeout(300_000);

const [staging, production, stranger] = ['222222222222', '333333333333', '999999999999'] as const;
const both = [staging, production];
const saved = { ...process.env };

const read = /:(?:Describe|Get|List|AssumeRole)/;
const ofLaunchChain = /^(?:sts:AssumeRole|iam:GetRole|ec2:GetAllowedImagesSettings)$/;

/**
 * The calls from which on all are refused: the first one, each that writes and the one after it, and the last one.
 * Between them nothing changes on AWS; the model test refuses all the others too.
 */
function cuts(actions: readonly string[]): readonly number[] {
  const writes = actions.flatMap((action, index) => (read.test(action) ? [] : [index]));
  expect(writes.length).toBeGreaterThan(1);
  const all = [0, ...writes, ...writes.map((index) => index + 1), actions.length - 1];
  return [...new Set(all)].filter((index) => index < actions.length);
}

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
      const ended = await handlerWith({ clients, waits: noWaits() })(input, context).then(
        (result: unknown) => ({ result, error: undefined }),
        (thrown: unknown) => ({ result: undefined, error: thrown as Error }),
      );
      return { ...ended, actions: wire.calls.map(({ action }) => action) };
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
      // The first round is not cut short, and says which calls there are.
      const uncut = await round();
      for (const first of cuts(uncut.actions)) {
        const { error, result, actions } = await round(first);
        const refused = actions.slice(first);
        // What only the check of the launch chain could not read is reported as a problem of the account, and is no error.
        if (first > 0 && refused.every((action) => ofLaunchChain.test(action)))
          expect(JSON.stringify(result)).toContain("can't be asked");
        else expect([first, error]).toEqual([first, expect.any(Error)]);
      }

      async function round(first = Infinity) {
        const [older = '', newer = ''] = await factory.buildInOrder('manager', 2);
        const images = { older, newer };
        for (const imageId of [older, newer]) await invoke(exportedBy(imageId));
        await prepare(images);
        const ended = await invoke(command(images), (_call, index) => (index >= first ? 'deny' : undefined));
        if (first < Infinity) expect((await invoke(command(images))).error).toBeUndefined();
        await expectDone(images);
        await factory.clear(both);
        return ended;
      }
    },
  );
});
