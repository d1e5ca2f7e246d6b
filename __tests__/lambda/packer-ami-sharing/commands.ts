import { ModifyImageAttributeCommand, type LaunchPermissionModifications } from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { PinResult } from '../../../lambda/packer-ami-sharing/commands/pin';
import type { WithdrawalResult } from '../../../lambda/packer-ami-sharing/commands/withdraw';
import type { ReconcileResult } from '../../../lambda/packer-ami-sharing/reconcile/reconcile-report';
import { functionEnvironment } from '../../support/function-environment';
import { imageKeyPolicy } from './factory';
import { MemoryFactory } from './memory-factory';
import { environment, exportedBy } from './support';

export const [staging, production, former, unready] = [
  '222222222222',
  '333333333333',
  '444444444444',
  '555555555555',
] as const;
export const both = [staging, production];

/** A factory for each test, of accounts that are prepared, and the function's commands there. */
export function commands() {
  const policy = imageKeyPolicy();
  const output = functionEnvironment(() => environment(both));
  let factory: MemoryFactory;
  beforeEach(async () => {
    factory = new MemoryFactory(policy);
    for (const account of [...both, former]) await factory.prepareLaunch(account);
  });

  async function invoke(input: unknown): Promise<unknown> {
    const { error, result } = await factory.invoke(input);
    if (error !== undefined) throw error;
    return result;
  }
  return {
    get factory() {
      return factory;
    },
    output,
    invoke,
    configure: (accounts: readonly string[]) => Object.assign(process.env, environment(accounts)),
    reconcile: (dryRun = false) => invoke({ command: 'reconcile', dryRun }) as Promise<ReconcileResult>,
    withdraw: (imageId: string, dryRun = false) =>
      invoke({ command: 'withdraw', imageId, reason: 'does not boot', dryRun }) as Promise<WithdrawalResult>,
    pin: (imageId: string, dryRun = false) =>
      invoke({ command: 'pin', accountId: production, imageId, dryRun }) as Promise<PinResult>,
    unpin: (dryRun = false) => invoke({ command: 'unpin', accountId: production, kind: 'manager', dryRun }),
    share: (imageId: string) => invoke(exportedBy(imageId)),
    metrics: () =>
      output.lines.map((line) => JSON.parse(line) as Record<string, unknown>).findLast((entry) => '_aws' in entry),
    modify: (ImageId: string, LaunchPermission: LaunchPermissionModifications) =>
      factory.ec2.send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission })),
    latest: async (account: string) => (await factory.view(account, '')).pointers['manager/latest'],
    movePointer: (account: string, Value: string) =>
      factory
        .client(SSMClient, account)
        .send(
          new PutParameterCommand({ Name: '/boundless/ami/manager/latest', Value, Type: 'String', Overwrite: true }),
        ),
  };
}
