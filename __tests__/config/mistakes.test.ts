import { problemTable } from '../../config/problem-table';
import { problemsOf, withValue, type Path } from '../support/refused-values';

/**
 * What people get wrong: where, the value, the problem and the fix. Where the field that is reported is another one than the
 * one that was typed, it stands last.
 */
type Mistake = readonly [place: string, value: unknown, problem: string | RegExp, fix: string | RegExp, field?: string];

const schedule = (expression: string) => ({ expression, timeZone: 'UTC' });

const inOps: readonly Mistake[] = [
  ['accountId', undefined, 'is missing', 'use the 12 digits that `aws sts get-caller-identity` prints'],
  ['accountId', 111111111111, 'has the wrong type', 'use the 12 digits that `aws sts get-caller-identity` prints'],
  ['accountId', '1111-1111-1111', 'is not an account id', /12 digits/],
  ['region', 'us-west', /is not a region/, /use one of us-east-1/],
  ['region', 'eu-central-1', /is not the region of the environments/, /use us-west-2/],
  ['logRetentionDays', 42, /is not a retention/, /use one of 1, 3, 5/],
  ['logRetentionDays', '90', 'has the wrong type', /use one of 1, 3, 5/],
  ['monthlyBudgetUsd', 500, /can notify 1 to 10 addresses, not 0/, /correct notifications\.alarmEmails/],
  ['monthlyBudgetUsd', 0, 'is too small', /give US dollars from 1/],
  [
    'notifications.alarmEmails',
    ['ops@example'],
    'is not an e-mail address',
    /correct it/,
    'notifications.alarmEmails.0',
  ],
  [
    'notifications.alarmEmails',
    ['ops@example.com', 'Ops@example.com'],
    'is in the list twice',
    'name it once',
    'notifications.alarmEmails.1',
  ],
  ['notifications.alarmEmails', 'ops@example.com', 'has the wrong type', /give a list/],
  ['notifications.slack', undefined, 'is missing', /give an object with workspaceId, channelId, or null/],
  [
    'notifications.slack',
    { workspaceId: 'T0123ABCD', channelId: '#alarms' },
    /is not the id of a Slack channel/,
    /copy the end of the channel's link/,
    'notifications.slack.channelId',
  ],
  ['monitoring.longBuildMinutes', 300, /is not below build\.timeoutMinutes, 180/, 'choose less'],
  ['monitoring.stuckApprovalHours', 48, /is not below delivery\.approvalTimeoutMinutes/, 'choose less'],
  ['repository.url', 'git@github.com:boundless-xyz/ami-factory.git', 'is not an https address', /clone address/],
  ['repository.url', 'https://example.com/boundless-xyz/ami-factory.git', /CodeBuild cannot clone from/, /github\.com/],
  ['repository.branch', 'my branch', 'is not the name of a branch in git', /such as main/],
  ['repository.branch', 'main..next', 'is not the name of a branch in git', /such as main/],
  ['repository.branch', '', 'is empty', 'give it a value'],
  ['repository.connectionArn', 'my-connection', 'is not the ARN of a connection', /Developer Tools > Connections/],
  ['build.computeType', 'SMALL', 'is not a compute type', /BUILD_GENERAL1_SMALL/],
  ['build.timeoutMinutes', 60, /is too short for a slow build/, /give at least/],
  ['build.timeoutMinutes', 180.5, 'is not a whole number', /from 15 to 480/],
  ['build.instanceTypes.manager', 'c7a.5xlarge', 'is not a size of its family', /4xlarge, 8xlarge/],
  ['build.instanceTypes.prover', 'c7a.4xlarge', /has no GPU/, /g4dn, g5, g6, g6e/],
  ['build.spot', 'yes', 'has the wrong type', 'give true or false'],
  ['build.spot', undefined, 'is missing', 'give true or false'],
  ['build.subnetId', 'vpc-0123456789abcdef0', 'is not a subnet id', /copy it from the VPC console/],
  ['build.boundlessVersion', '1.2.2', 'is not a version', /v1\.2\.2/],
  ['build.boundlessVersion', 'v1.1.5', 'was never released', /v1\.1\.2, v1\.2\.0/],
  ['build.boundlessVersion', 'v9.0.0', 'is not supported', /up to, not including, v1\.3\.0/],
  ['build.brokerVersion', 'v1.0.1', 'is not a release of the broker', /null for Bento's own/],
  [
    'build.brokerVersion',
    'v1.2.0',
    /is missing, and the broker v1\.2\.0 publishes none/,
    /give one/,
    'build.brokerSha256',
  ],
  ['build.brokerSha256', 'abc', 'is not a SHA-256', /64 hexadecimal digits/],
  ['delivery.validatingEnvironment', 'stagin', /is not an environment that follows/, 'use one of staging'],
  [
    'delivery.schedule',
    schedule('cron(0 25 * * ? *)'),
    'has "25" for the hours',
    /from 0 to 23/,
    'delivery.schedule.expression',
  ],
  ['delivery.schedule', schedule('cron(0 10 * * * *)'), /must have \?/, /cron\(0 10/, 'delivery.schedule.expression'],
  ['delivery.schedule', schedule('cron(0 10 31 2 ? *)'), /never has/, /1 to 28/, 'delivery.schedule.expression'],
  [
    'delivery.schedule',
    schedule('0 10 * * *'),
    'is not a schedule',
    /rate\(<n> hours\)/,
    'delivery.schedule.expression',
  ],
  [
    'delivery.schedule',
    { expression: 'rate(1 day)', timeZone: 'Berlin' },
    'is not a time zone',
    /Europe\/Berlin/,
    'delivery.schedule.timeZone',
  ],
  ['delivery.artifactRetentionDays', 7.5, 'is not a whole number', /from 7 to 365/],
  [
    'delivery.approvalTimeoutMinutes',
    43_200,
    /is no longer than an approval/,
    /outlive/,
    'delivery.artifactRetentionDays',
  ],
  ['delivery.approvalTimeOutMinutes', 60, /a key that is not known here/, /write approvalTimeoutMinutes/],
  ['sharing', undefined, 'is missing', 'give an object with reconcileEveryMinutes'],
  ['sharing.reconcileEveryMinutes', 1440, 'is too large', /from 15 to 720/],
];

const inStaging: readonly Mistake[] = [
  ['environment', 'can-', /hyphen at its end/, /canary/],
  ['environment', 'a--b', /two in a row/, /canary/],
  ['environment', 'latest', 'is the name of a pointer to an image', 'choose another'],
  ['environment', 'ops', 'is the name of the ops account', 'choose another'],
  ['environment', 'Staging', 'is not a usable name', /lower-case/],
  ['environment', undefined, 'is missing', /2 to 20 lower-case/],
  ['accountId', '111111111111', 'is the account of config/ops.ts too', /an account of its own/],
  ['accountId', '222222222222 ', 'is not an account id', /12 digits/],
  ['region', 'eu-west-1', 'is not the region of the images', /use us-west-2 as in config\/ops\.ts/],
  ['regoin', 'us-west-2', /a key that is not known here/, /write region/],
  ['approval', 'yes', 'has the wrong type', 'give true or false'],
  ['allowedImages.state', 'audit', 'is not a state', /audit-mode, enabled or disabled/],
  ['allowedImages.providers', ['canonical'], 'is not a provider of images', /amazon/, 'allowedImages.providers.0'],
  [
    'allowedImages.providers',
    ['amazon', 'amazon'],
    'is in the list twice',
    'name it once',
    'allowedImages.providers.1',
  ],
  ['administratorRoles', [], 'is empty', /name at least one role/],
  ['administratorRoles', ['*'], /matches roles of the factory/, /start it with something else/, 'administratorRoles.0'],
  ['smoke', 'snark', 'is not a proof', /groth16 or stark, or null/],
  ['network', undefined, 'is missing', /kind "own" or "existing"/],
  ['network.kind', 'new', 'has the wrong type', /kind "own" or "existing"/, 'network'],
  ['network.vpcCidr', '10.20.0.1/16', /an address within a network/, 'write 10.20.0.0/16'],
  ['network.vpcCidr', '10.20.0.0', 'is not an IPv4 network', /10\.20\.0\.0\/16/],
  ['network.vpcCidr', '10.40.0.0/16', /is not within 10\.40/, /choose/, 'network.subnets.0.cidr'],
  ['network.subnets.1.cidr', '10.20.17.0/20', /an address within a network/, 'write 10.20.16.0/20'],
  ['network.subnets.1.cidr', '10.20.0.0/20', 'overlaps 10.20.0.0/20', 'choose subnets apart'],
  ['network.subnets.1.zone', 'a', 'has a subnet already', 'name each zone once'],
  ['network.subnets.0.zone', 'us-west-2a', 'is not a zone', /its letter/],
  ['network.natSubnets.0.cidr', '10.20.240.0/29', 'has a size that AWS refuses', /\/16 to \/28/],
  [
    'network.natSubnets',
    [
      { zone: 'a', cidr: '10.20.240.0/28' },
      { zone: 'd', cidr: '10.20.240.16/28' },
    ],
    /has no subnet for instances/,
    'leave it out',
    'network.natSubnets.1.zone',
  ],
  ['network.managerAddress', '10.20.0.3', /is no address of 10\.20\.0\.0\/20 that AWS leaves free/, /its fifth/],
  [
    'network.interfaceEndpoints',
    ['ssm', 'ssm'],
    'is in the list twice',
    'name it once',
    'network.interfaceEndpoints.1',
  ],
  [
    'network.interfaceEndpoints',
    ['s3'],
    'is not a service that instances use',
    /take ssm/,
    'network.interfaceEndpoints.0',
  ],
  ['manager.instanceType', 'c7a.5xlarge', 'is not a size of its family', /4xlarge, 8xlarge/],
  ['manager.instanceType', 'c7g.4xlarge', /architecture arm64/, /choose one of the families/],
  ['manager.instanceType', 'c7a', 'is not an instance type such as c7a.4xlarge', /choose/],
  ['manager.instanceType', 'c7a.large', /has 4 GiB of memory/, 'choose a larger type'],
  ['manager.instancetype', 'c7a.4xlarge', /a key that is not known here/, /write instanceType/],
  ['manager.dataVolume.sizeGiB', 10, 'is too small', /GiB from 20/],
  [
    'manager.dataVolume.restoredFrom',
    ['snap-1'],
    'is not a snapshot',
    /snap-0123/,
    'manager.dataVolume.restoredFrom.0',
  ],
  [
    'prover.instanceTypes',
    ['g6.xlarge', 'g6.xlarge'],
    /is named twice/,
    'name each type once',
    'prover.instanceTypes.1',
  ],
  ['prover.instanceTypes', ['g6.3xlarge'], 'is not a size of its family', /2xlarge/, 'prover.instanceTypes.0'],
  ['prover.instanceTypes', ['p5.48xlarge'], /sm_90/, /choose one of the families/, 'prover.instanceTypes.0'],
  ['prover.instanceTypes', 'g6.xlarge', 'has the wrong type', /give a list/],
  ['prover.max', 0, 'are out of order', /min <= desired <= max/, 'prover.min, desired, max'],
  ['prover.onDemand.base', 5, /is above prover\.max, 4/, 'give at most that'],
  ['prover.refresh.checkpoints', [50, 20, 100], /must rise and end with 100/, /such as \[20, 50, 100\]/],
  ['prover.refresh.maxHealthyPercentage', 100, /leaves no way to replace/, /give more/],
  ['bento.segmentPo2', 22, 'is too large', /13 to 21/],
  ['bento.logLevel', 'verbose', /neither a level/, /use error, warn, info/],
  ['bento.povwLogId', '0x00', "is nobody's log id", /give the address/],
  ['bento.executors', 99, /./, /give/],
  ['broker.releases', { from: 'v1.2.2', to: 'v1.2.0' }, 'runs backwards', 'from must not come after to'],
  [
    'broker.market',
    { min_mcycle_prize: '1' },
    /is unknown to the broker/,
    /did you mean/,
    'broker.market.min_mcycle_prize',
  ],
  [
    'broker.market',
    { max_concurrent_proofs: 0 },
    'stops all work',
    /above zero/,
    'broker.market.max_concurrent_proofs',
  ],
  ['secrets.passwordVersions.database', 0, 'is too small', /a version from 1/],
  ['storage.inputDays', 8, /days are more than storage\.workDays, 7/, 'give at most 7'],
  ['alarms.noManagerMinutes', 12, 'is not a multiple of 5', /five minutes/],
  ['alarms.memoryMiB', 20_000, /is more than half of the memory/, /give less/],
];

const inProduction: readonly Mistake[] = [
  [
    'environment',
    'staging',
    'is the name of the environment in config/staging.ts too',
    'names of environments must differ',
  ],
  ['accountId', '222222222222', 'is the account of config/staging.ts too', /an account of its own/],
  ['approval', false, 'is false where followsLatest is false', /set it to true/],
  ['network.vpcCidr', '10.20.0.0/16', 'overlaps 10.20.0.0/16 of config/staging.ts', 'choose networks apart'],
  [
    'network.natSubnets',
    [
      { zone: 'd', cidr: '10.30.240.0/28' },
      { zone: 'a', cidr: '10.30.240.16/28' },
      { zone: 'b', cidr: '10.30.240.32/28' },
      { zone: 'c', cidr: '10.30.240.48/28' },
    ],
    /has no subnet for instances/,
    'leave it out',
    'network.natSubnets.0.zone',
  ],
];

const split = (place: string): Path => place.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key));
const rows = [
  ...inOps.map((mistake) => ['config/ops.ts', ['ops'], mistake] as const),
  ...inStaging.map((mistake) => ['config/staging.ts', ['environments', 0], mistake] as const),
  ...inProduction.map((mistake) => ['config/production.ts', ['environments', 1], mistake] as const),
].map(([file, start, [place, value, problem, fix, field = place]]) => ({
  name: `${file} ${place} ${JSON.stringify(value)}`,
  file,
  field,
  problem,
  fix,
  factory: withValue([...start, ...split(place)], value),
}));

const matches = (text: string, wanted: string | RegExp): boolean =>
  typeof wanted === 'string' ? text === wanted : wanted.test(text);

test('there are at least eighty mistakes', () => {
  expect(rows.length).toBeGreaterThanOrEqual(80);
});

test.each(rows)('$name', ({ file, field, problem, fix, factory }) => {
  const found = problemsOf(factory);
  const own = found.find((one) => {
    const [what = '', ...how] = one.message.split('; ');
    return one.file === file && one.field === field && matches(what, problem) && matches(how.join('; '), fix);
  });
  expect([own?.field, found]).toEqual([field, expect.anything()]);
  // Every row has a fix, and no file that is right is named.
  for (const one of found) expect(one.message).toMatch(/^\S.*[^;]; \S/);
  expect([...new Set(found.map((one) => one.file))]).toEqual([file]);
  const table = problemTable(found);
  for (const part of [file, field]) expect(table).toContain(part);
  expect(table).not.toMatch(/^\s+at |Invalid input|undefined/m);
});
