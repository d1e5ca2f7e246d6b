import { factory, type FactoryConfig } from '../../config';
import { storageBucket } from '../../config/names';
import { withEverything } from '../support/factories';
import { policiesOf, withArns } from '../support/policies';
import { synthesize } from '../support/synthesized';

/** As long as a name may be: 20 characters, or what a bucket's 63 leave. */
const longest = (region: string): string =>
  'e'.repeat(Math.min(20, 63 - storageBucket('', '222222222222', region).length));

/** Everything on, with the longest name, in a region; zones are those that it has. */
function extreme(region: string): FactoryConfig {
  const text = JSON.stringify(withEverything()).replaceAll(factory.ops.region, region);
  const { ops, environments } = JSON.parse(text) as FactoryConfig;
  const name = longest(region);
  const [first, second] = environments.map(({ environment }) => environment);
  const names = new Map([
    [first, `${name.slice(0, -1)}1`],
    [second, `${name.slice(0, -1)}2`],
  ]);
  return {
    ops: {
      ...ops,
      delivery: {
        ...ops.delivery,
        validatingEnvironment: names.get(ops.delivery.validatingEnvironment) ?? ops.delivery.validatingEnvironment,
      },
    },
    environments: environments.map((environment) => ({
      ...environment,
      environment: names.get(environment.environment) ?? environment.environment,
    })),
  };
}

// References stand for less than AWS puts in their place: ARNs are as long as they will be.
describe.each(['ap-southeast-1'])('the longest name in %s, whose name is as long as any', (region) => {
  const stacks = [...synthesize({ factory: extreme(region) }).values()];

  test('each policy fits into its quota', () => {
    // IAM User Guide, "IAM and AWS STS quotas", which count no white space; AWS KMS Developer Guide, "Quotas".
    const inline = new Map<string, number>();
    for (const stack of stacks)
      for (const { owner, kind, type, role, statements } of policiesOf(stack)) {
        const document = { Version: '2012-10-17', Statement: statements.map((one) => withArns(stack, one)) };
        const size = JSON.stringify(document).length;
        if (type === 'aws_iam_role_policy') inline.set(role, (inline.get(role) ?? 0) + size);
        const quota = { aws_iam_policy: 6144, aws_iam_user_policy: 2048, aws_kms_key: 32_768 }[type] ?? 10_240;
        expect([owner, size, size <= (kind === 'trust' ? 2048 : quota)]).toEqual([owner, size, true]);
      }
    expect(inline.size).toBeGreaterThan(10);
    for (const [role, size] of inline) expect([role, size, size <= 10_240]).toEqual([role, size, true]);
  });
});
