import { ModifyImageAttributeCommand } from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { reconcilePositionName } from '../../../config/names';
import type { Call } from '../../../lab/local-aws/fault-proxy';
import type { Factory } from './factory';
import { codeBuildEvent, exportedBy, serviceAccounts } from './support';

const [staging] = serviceAccounts as [string, string];

/** What a walk through the function's jobs did. */
export interface Walk {
  readonly images: readonly string[];
  /** What each invocation returned, or the message of its error. */
  readonly results: readonly unknown[];
  readonly calls: readonly Call[];
  readonly events: readonly unknown[];
}

/** Has the function do each of its jobs once, with something to do. */
export async function everyJob(factory: Factory): Promise<Walk> {
  const results: unknown[] = [];
  const calls: Call[] = [];
  const invoke = async (input: unknown) => {
    const ended = await factory.invoke(input, { pages: { newest: 0, size: 1 } });
    results.push(ended.error?.message ?? ended.result);
    calls.push(...ended.calls);
  };
  for (const account of serviceAccounts) await factory.prepareLaunch(account);
  // Where an earlier run stopped: there is nothing older, so that the next one starts at the newest image.
  const Value = 'ami-00000000 2020-01-01T00:00:00.000Z';
  await factory.client(SSMClient).send(new PutParameterCommand({ Name: reconcilePositionName, Value, Type: 'String' }));

  const [good = '', bad = ''] = await factory.buildInOrder('manager', 2);
  await factory.record(good);
  for (const imageId of [good, bad]) await invoke(exportedBy(imageId));
  // A build whose event names no image: CodeBuild is asked, and knows no such build here.
  await invoke(codeBuildEvent());
  const LaunchPermission = { Remove: [{ UserId: staging }], Add: [{ Group: 'all' as const }] };
  await factory.ec2.send(new ModifyImageAttributeCommand({ ImageId: bad, LaunchPermission }));
  for (let runs = 0; runs < 2; runs += 1) await invoke({ command: 'reconcile' });
  await invoke({ command: 'withdraw', imageId: bad, reason: 'bad' });
  for (const accountId of serviceAccounts) {
    await invoke({ command: 'pin', accountId, imageId: good });
    await invoke({ command: 'unpin', accountId, kind: 'manager' });
  }
  await invoke({ command: 'preflight' });
  return { images: [good, bad], results, calls, events: await factory.announced() };
}
