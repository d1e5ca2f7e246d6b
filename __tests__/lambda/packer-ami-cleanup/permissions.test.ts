import type { Call } from '../../../lab/local-aws/fault-proxy';
import { identityPolicy, listOf } from '../../support/policies';
import { functionEnvironment } from '../../support/function-environment';
import { stackOf, synthesize } from '../../support/synthesized';
import { everythingToDo } from './everything';
import { environment, serviceAccounts } from './memory/cloud';
import { old, retire, cloudWithOld } from './support';

const stacks = synthesize();

/** What a role's policy allows, but for logs and failed events, which Lambda itself sends with the role. */
const granted = (stack: string, role: string): string[] =>
  [
    ...new Set(
      identityPolicy(stackOf(stacks, stack), role)
        .filter(({ Sid }) => !['WriteLogs', 'SendFailedEvents', 'EncryptFailedEvents'].includes(Sid))
        .flatMap(({ Action }) => listOf(Action)),
    ),
  ].sort();

/** What EC2 and S3 do with the caller's rights, without a call of its own. */
const indirect = ['kms:GenerateDataKey'];

describe('every call that the function makes', () => {
  functionEnvironment(environment);

  async function walk(): Promise<readonly Call[]> {
    const everything = await everythingToDo().invoke(retire);
    const cloud = cloudWithOld();
    await cloud.invoke(retire);
    const undone = await cloud.invoke({ command: 'undo', imageId: old });
    expect([everything.error, undone.error]).toEqual([undefined, undefined]);
    return [...everything.calls, ...undone.calls];
  }
  const used = (calls: readonly Call[], role: string | undefined) =>
    [...new Set(calls.filter((call) => call.role === role).map(({ action }) => action))].sort();

  test('is granted to its role, and nothing else is', async () => {
    expect([...used(await walk(), undefined), ...indirect].sort()).toEqual(granted('ops', 'packer-ami-cleanup-role'));
  });

  test.each([
    ['staging', serviceAccounts[0]],
    ['production', serviceAccounts[1]],
  ])('is granted to the usage reader of %s, and nothing else is', async (name, account) => {
    const role = `arn:aws:iam::${account}:role/packer-ami-usage-reader-role`;
    expect(used(await walk(), role)).toEqual(granted(name, 'packer-ami-usage-reader-role'));
  });
});
