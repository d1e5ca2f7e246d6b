import { identityPolicy, listOf } from '../../support/policies';
import { stackOf, synthesize } from '../../support/synthesized';
import { everyJob, type Walk } from './every-job';
import { imageKeyPolicy } from './factory';
import { MemoryFactory } from './memory-factory';
import { environment, serviceAccounts } from './support';

const [staging, production] = serviceAccounts as [string, string];
const stacks = synthesize();
const saved = { ...process.env };

/** What a role's policy allows, but for logs and failed events, which Lambda itself sends with the role. */
const granted = (stack: string, role: string): string[] =>
  [
    ...new Set(
      identityPolicy(stackOf(stacks, stack), role)
        .filter(({ Sid }) => !['WriteLogs', 'SendFailedEvents', 'EncryptFailedEvents'].includes(Sid))
        .flatMap(({ Action }) => listOf(Action)),
    ),
  ].sort();

const used = ({ calls }: Walk, role: string | undefined) =>
  [...new Set(calls.filter((call) => call.role === role).map(({ action }) => action))].sort();

/** Each of the function's jobs once, in memory: on the local server the same calls are made (`local-aws.test.ts`). */
describe('every call that the function makes', () => {
  let walk: Walk;

  beforeAll(async () => {
    const factory = new MemoryFactory(imageKeyPolicy());
    process.env = { ...saved, ...environment(), AMI_KEY_ARN: factory.imageKeyArn };
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
    walk = await everyJob(factory);
  });
  afterAll(() => {
    jest.restoreAllMocks();
    process.env = saved;
  });

  test('is granted to its role, and nothing else is', () => {
    expect(used(walk, undefined)).toEqual(granted('ops', 'packer-ami-sharing-role'));
  });

  test.each([
    ['staging', staging],
    ['production', production],
  ])('is granted to the roles of %s, and nothing else is', (environmentName, account) => {
    for (const role of ['packer-ami-publisher-role', 'packer-ami-launch-reader-role'])
      expect(used(walk, `arn:aws:iam::${account}:role/${role}`)).toEqual(granted(environmentName, role));
  });

  test('is made as one of three roles', () => {
    const roles = new Set(walk.calls.map(({ role }) => role?.split('/').pop()));
    expect([...roles].sort()).toEqual(['packer-ami-launch-reader-role', 'packer-ami-publisher-role', undefined]);
  });
});
