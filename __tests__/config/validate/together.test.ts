import { largestSegmentPo2 } from '../../../config/instance-types';
import { settings } from '../../../config/contract';
import { staging, testRefused, problemsOf, withValue, type RefusedValue } from '../../support/refused-values';

const file = 'config/staging.ts';
const at = (field: string): readonly string[] => field.split('.');
const refused = (what: string, field: string, value: unknown, message: RegExp, named = field): RefusedValue => [
  what,
  staging(...at(field).map((part) => (/^\d+$/.test(part) ? Number(part) : part))),
  value,
  file,
  named,
  message,
];

testRefused([
  refused(
    'segments of 2^22, which no GPU proves',
    'bento.segmentPo2',
    22,
    /^is too large; give a power of two from 13 to 21$/,
  ),
  refused(
    'segments on 16 GiB',
    'prover.instanceTypes',
    ['g6.xlarge', 'g4dn.xlarge'],
    /GPU of g4dn.xlarge, 16 GiB; give at most 19/,
    'bento.segmentPo2',
  ),
  refused(
    'inputs that go before their order',
    'broker.market',
    { max_order_expiry_secs: 86_401 },
    /which may take max_order_expiry_secs, 86401; give at least 2/,
    'storage.inputDays',
  ),
  refused(
    'provers that are away whenever a deployment would validate their image',
    'prover.scaling',
    { tasksPerProver: 4, idleMinutes: 30 },
    /^leaves no prover while the queue is empty .*; give at least 1$/,
    'prover.min',
  ),
  [
    'validated images without an approval',
    ['environments', 1, 'approval'],
    false,
    'config/production.ts',
    'approval',
    /^is false where followsLatest is false; set it to true, or let the environment follow the latest images$/,
  ],
  refused('no administrator', 'administratorRoles', [], /^is empty; name at least one role$/),
  ...['*', 'b*', 'boundless-*', 'boundless-deployment-role', 'prover-cluster-staging-prover-role'].map((role) =>
    refused(
      `an administrator that may be a role of the factory: ${role}`,
      'administratorRoles',
      [role],
      /^matches roles of the factory, which must not read secrets; start it with something else/,
      'administratorRoles.0',
    ),
  ),
  refused(
    'an administrator that is an ARN',
    'administratorRoles',
    ['arn:aws:iam::222222222222:role/Admin'],
    /^is not the name of a role; use the name with its path/,
    'administratorRoles.0',
  ),
  refused('on demand beyond the most', 'prover.onDemand.base', 5, /is above prover.max, 4/),
  refused(
    'a type twice',
    'prover.instanceTypes',
    ['g6.xlarge', 'g6.xlarge'],
    /is named twice/,
    'prover.instanceTypes.1',
  ),
  refused('an alarm that never ends', 'alarms.memoryMiB', 8193, /half of the memory of g6.xlarge, 16 GiB/),
  refused(
    'a manager without room for an executor',
    'manager.instanceType',
    'c7a.xlarge',
    /has 8 GiB of memory, .* need 12; choose a larger type/,
  ),
  refused(
    'more executors than there is memory for',
    'bento.executors',
    7,
    /^need 4 GiB each, and the rest of a manager 8, of which c7a.4xlarge has 32; give at most 6, or a larger/,
  ),
  refused('more executors than upstream makes', 'bento.executors', 21, /^is too large; give executors from 1 to 20$/),
  refused('no executors', 'bento.executors', 0, /^is too small; give executors from 1 to 20$/),
  refused(
    'a NAT gateway for nobody',
    'network.natSubnets',
    [
      { zone: 'a', cidr: '10.20.240.0/28' },
      { zone: 'd', cidr: '10.20.240.16/28' },
    ],
    /serves nothing; leave it out/,
    'network.natSubnets.1.zone',
  ),
  refused(
    'pauses longer than a deployment',
    'prover.refresh.bakeMinutes',
    300,
    /for 300 minutes in all \(1 checkpoints\), not less than the 225, which delivery.deploymentTimeoutMinutes, 300, leaves/,
  ),
  refused(
    'pauses longer than what the smoke test and the rest of a deployment leave',
    'prover.refresh.bakeMinutes',
    225,
    /not less than the 225,/,
  ),
  refused(
    'a drain and a pause longer than a deployment',
    'manager.refresh.bakeMinutes',
    90,
    /^and 135 minutes of drain are not less than the 225, which/,
  ),
  refused(
    'a checkpoint that no refresh pauses at',
    'prover.refresh.checkpoints',
    [10, 25, 100],
    /has 10 and 25, which are reached by the same instance of prover.max, 4, so that no refresh pauses at 10; leave it out/,
  ),
  refused(
    'an alarm that rolls back each long refresh',
    'prover.refresh.minHealthyPercentage',
    99,
    /^is above prover.refresh.minHealthyPercentage, 99, .* after 60 minutes/,
    'alarms.proversShort.belowPercent',
  ),
  refused(
    'receipts that go before their order',
    'broker.market',
    { max_order_expiry_secs: 8 * 86_400 },
    /which may take max_order_expiry_secs, 691200; give at least 8/,
    'storage.workDays',
  ),
  refused(
    'a level that suppresses lines that alarms count',
    'bento.logLevel',
    'warn',
    /suppresses lines of broker::reaper/,
  ),
  refused('a level that is none', 'bento.logLevel', 'infos', /"infos", which is neither a level nor/),
  refused(
    'a level that suppresses the broker',
    'bento.logLevel',
    'info,broker=error',
    /suppresses lines of broker::reaper/,
  ),
  refused('a log id of more than 160 bits', 'bento.povwLogId', `0x${'1'.repeat(41)}`, /1 to 40 hexadecimal digits/),
  refused("nobody's log id", 'bento.povwLogId', '0x00', /is nobody's log id/),
  refused(
    'nothing that is ever handed in',
    'broker.batcher',
    { max_submission_attempts: 0 },
    /stops all work/,
    'broker.batcher.max_submission_attempts',
  ),
  refused(
    'no collateral',
    'broker.market',
    { max_collateral: '0.0' },
    /stops all work/,
    'broker.market.max_collateral',
  ),
  refused(
    'a price that is too fine',
    'broker.market',
    { mcycle_price: '0.1234567890123456789' },
    /more than 18 decimals/,
    'broker.market.mcycle_price',
  ),
  refused(
    'a misspelt key of the custom gas mode',
    'broker.market',
    { gas_priority_mode: { custom: { base: 1 } } },
    /has base in custom, which the broker would ignore; did you mean/,
    'broker.market.gas_priority_mode',
  ),
  refused(
    'a percentile above 100',
    'broker.market',
    { gas_priority_mode: { custom: { priority_fee_percentile: 101 } } },
    /is no percentile/,
    'broker.market.gas_priority_mode',
  ),
  refused(
    'a list by plain HTTP',
    'broker.market',
    { priority_requestor_lists: ['http://a.example/list.json'] },
    /https:\/\/ and without a port/,
    'broker.market.priority_requestor_lists',
  ),
  refused(
    'a program that is not there',
    'broker.prover',
    { assessor_set_guest_path: '/opt/guest.bin' },
    /is not a file of the broker's own/,
    'broker.prover.assessor_set_guest_path',
  ),
  refused(
    'deadlines that leave no order',
    'broker.market',
    { min_deadline: 400, max_order_expiry_secs: 400 },
    /skips each order that max_order_expiry_secs/,
    'broker.market.min_deadline',
  ),
  refused(
    'cycles that leave no order',
    'broker.market',
    { min_mcycle_limit: 9, max_mcycle_limit: 8 },
    /skips each order that max_mcycle_limit, 8/,
    'broker.market.min_mcycle_limit',
  ),
  refused(
    'no time to prove',
    'broker.market',
    { min_deadline: 180 },
    /block_deadline_buffer_secs, 180, leaves no time/,
    'broker.market.min_deadline',
  ),
  refused(
    'a transaction that outlasts the deadline',
    'broker.batcher',
    { txn_timeout: 180 },
    /longer than block_deadline_buffer_secs, 180/,
    'broker.batcher.txn_timeout',
  ),
  refused(
    'a batch that is never full',
    'broker.batcher',
    { min_batch_size: 2 },
    /is never reached: \[market\] max_concurrent_proofs is 1/,
    'broker.batcher.min_batch_size',
  ),
  [
    'a broker without a checksum',
    ['ops', 'build', 'brokerVersion'],
    'v1.2.1',
    'config/ops.ts',
    'build.brokerSha256',
    /the broker v1.2.1 publishes none/,
  ],
  [
    'an image that no environment takes',
    ['ops', 'build', 'boundlessVersion'],
    'v1.1.2',
    'config/ops.ts',
    'build.boundlessVersion',
    /images with the broker v1.1.2, which no environment takes/,
  ],
]);

test('agents before v1.1.2 do not start in us-east-1', () => {
  const factory = withValue(staging('broker', 'releases', 'from'), 'v1.1.1');
  const inVirginia = {
    ops: { ...factory.ops, region: 'us-east-1' as const },
    environments: factory.environments.map((one) => ({ ...one, region: 'us-east-1' as const })),
  };
  expect(problemsOf(inVirginia).map(({ field, message }) => `${field}: ${message}`)).toEqual([
    expect.stringMatching(/^broker\.releases\.from: .* do not start in us-east-1 .*; give v1\.1\.2 or later/),
  ]);
});

test('more executors than vCPUs', () => {
  const ample = withValue(staging('manager', 'instanceType'), 'r7a.xlarge');
  const withExecutors = (executors: number) => ({
    ...ample,
    environments: ample.environments.map((one, index) =>
      index === 0 ? { ...one, bento: { ...one.bento, executors } } : one,
    ),
  });
  expect(problemsOf(withExecutors(4))).toEqual([]);
  expect(problemsOf(withExecutors(5))).toMatchObject([
    { file, field: 'bento.executors', message: expect.stringMatching(/^are more than the 4 vCPUs of r7a/) as string },
  ]);
});

test('a cluster that is switched off may have no prover, whatever it validates', () => {
  const off = withValue(staging('prover', 'scaling'), { tasksPerProver: 4, idleMinutes: 30 });
  const withManagers = (desired: 0 | 1) => ({
    ...off,
    environments: off.environments.map((one, index) =>
      index === 0 ? { ...one, manager: { ...one.manager, desired } } : one,
    ),
  });
  expect(problemsOf(withManagers(0))).toEqual([]);
  expect(problemsOf(withManagers(1))).toMatchObject([{ file, field: 'prover.min' }]);
});

test('the largest segments that are taken are those of the largest GPUs', () => {
  expect(settings.segmentPo2.most).toBe(largestSegmentPo2(Infinity));
});

test.each(['info', 'debug', 'info,broker=debug', 'warn,broker=info,boundless_market=info'])(
  'the level %s is taken',
  (level) => {
    expect(problemsOf(withValue(staging('bento', 'logLevel'), level))).toEqual([]);
  },
);

test('more provers than addresses', () => {
  const small = withValue(staging('network', 'subnets'), [{ zone: 'a', cidr: '10.20.0.0/28' }]);
  const withMost = (max: number) => ({
    ...small,
    environments: small.environments.map((one, index) =>
      index === 0 ? { ...one, prover: { ...one.prover, max } } : one,
    ),
  });
  // A refresh of staging may have twice as many for a while.
  expect(problemsOf(withMost(4))).toEqual([]);
  expect(problemsOf(withMost(5))).toMatchObject([
    {
      file,
      field: 'prover.max',
      value: 5,
      message: expect.stringMatching(/which are 10 during a refresh .* which have 11 addresses; give larger/) as string,
    },
  ]);
});
