import { ModifyImageAttributeCommand } from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { reconcilePositionName } from '../../../config/names';
import { handlerWith } from '../../../lambda/packer-ami-sharing/handler';
import { layWire, type Call, type Wire } from '../../../tools/local-aws/wire';
import { identityPolicy, listOf } from '../../support/policies';
import { stackOf, synthesize } from '../../support/synthesized';
import { describeWith, localAws } from '../../support/tools';
import { LocalFactory } from './local-factory';
import { codeBuildEvent, context, environment, exportedBy, noWaits, opsAccount, serviceAccounts } from './support';

jest.setTimeout(300_000);

const [staging, production] = serviceAccounts as [string, string];
const stacks = synthesize();
const saved = { ...process.env };

/** What a role's policy allows, but for logs and failed events, which Lambda itself sends with the role. */
const granted = (stack: string, role: string): string[] =>
  [
    ...new Set(
      identityPolicy(stackOf(stacks, stack), role)
        .filter(({ Sid }) => !['WriteLogs', 'LeaveFailedEvents', 'EncryptFailedEvents'].includes(Sid))
        .flatMap(({ Action }) => listOf(Action)),
    ),
  ].sort();

describeWith([localAws], 'every call that the function makes', () => {
  let factory: LocalFactory;
  let wire: Wire;

  /** Each of its jobs once, with something to do. */
  beforeAll(async () => {
    factory = await LocalFactory.start();
    for (const account of serviceAccounts) await factory.prepareLaunch(account);
    process.env = { ...saved, ...environment(), AMI_KEY_ARN: factory.imageKeyArn };
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
    wire = await layWire(factory.aws.endpoint);
    const invoke = (input: unknown) =>
      handlerWith({ clients: factory.clients(wire.endpoint), waits: noWaits(), pages: { newest: 0, size: 1 } })(
        input,
        context,
      );
    // Where an earlier run stopped: there is nothing older, so that the next one starts at the newest image.
    const ssm = new SSMClient(await factory.aws.clientSettings(opsAccount));
    const Value = 'ami-00000000 2020-01-01T00:00:00.000Z';
    await ssm.send(new PutParameterCommand({ Name: reconcilePositionName, Value, Type: 'String' }));

    const [good = '', bad = ''] = await factory.buildInOrder('manager', 2);
    for (const imageId of [good, bad]) await invoke(exportedBy(imageId));
    // A build whose event says no image: CodeBuild is asked, and knows no such build here.
    await expect(invoke(codeBuildEvent())).rejects.toThrow('AMI_ID is neither in the event');
    const LaunchPermission = { Remove: [{ UserId: staging }], Add: [{ Group: 'all' as const }] };
    await factory.ec2.send(new ModifyImageAttributeCommand({ ImageId: bad, LaunchPermission }));
    for (let runs = 0; runs < 2; runs += 1) await invoke({ command: 'reconcile' });
    await invoke({ command: 'withdraw', imageId: bad, reason: 'bad' });
    for (const accountId of serviceAccounts) {
      await invoke({ command: 'pin', accountId, imageId: good });
      await invoke({ command: 'unpin', accountId, kind: 'manager' });
    }
    await invoke({ command: 'preflight' });
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    process.env = saved;
    await wire.close();
    await factory.stop();
  });

  const used = (calls: readonly Call[], role: string | undefined) =>
    [...new Set(calls.filter((call) => call.role === role).map(({ action }) => action))].sort();

  test('is granted to its role, and nothing else is', () => {
    expect(used(wire.calls, undefined)).toEqual(granted('ops', 'packer-ami-sharing-role'));
  });

  test.each([
    ['staging', staging],
    ['production', production],
  ])('is granted to the roles of %s, and nothing else is', (environmentName, account) => {
    for (const role of ['packer-ami-publisher-role', 'packer-ami-launch-reader-role'])
      expect(used(wire.calls, `arn:aws:iam::${account}:role/${role}`)).toEqual(granted(environmentName, role));
  });

  test('is made as one of three roles', () => {
    const roles = new Set(wire.calls.map(({ role }) => role?.split('/').pop()));
    expect([...roles].sort()).toEqual(['packer-ami-launch-reader-role', 'packer-ami-publisher-role', undefined]);
  });
});
