import { ConfigurationError, environmentNamed, factory, validated, type FactoryConfig } from '../../config';

type Path = readonly (string | number)[];

/** The shipped configuration with one value replaced: `['environments', 0, 'accountId']`. */
function withValue(path: Path, value: unknown): FactoryConfig {
  const copy = structuredClone(factory) as unknown as Record<string, unknown>;
  const parent = path
    .slice(0, -1)
    .reduce<Record<string | number, unknown>>((at, key) => at[key] as Record<string, unknown>, copy);
  parent[path.at(-1)!] = value;
  return copy as unknown as FactoryConfig;
}

function problemsOf(
  config: FactoryConfig,
): readonly { file: string; field: string; value: unknown; message: string }[] {
  try {
    validated(config);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

const staging = (...path: Path): Path => ['environments', 0, ...path];

test('the shipped configuration is valid', () => {
  expect(validated(factory)).toBe(factory);
});

describe('names file, field, value and fix of', () => {
  test.each<[string, Path, unknown, string, string, RegExp]>([
    [
      'an address without a repository',
      ['ops', 'repository', 'url'],
      'https://github.com/boundless-xyz',
      'config/ops.ts',
      'repository.url',
      /names no repository; give its clone address, https:\/\/github\.com\/<owner>\/<repository>\.git/,
    ],
    [
      'an environment that proves nothing',
      ['ops', 'delivery', 'provingEnvironment'],
      'production',
      'config/ops.ts',
      'delivery.provingEnvironment',
      /is not an environment that follows the latest images; use one of staging/,
    ],
    [
      'a proving environment where none follows the latest',
      staging('followsLatest'),
      false,
      'config/ops.ts',
      'delivery.provingEnvironment',
      /is not an environment that follows the latest images; set followsLatest in one environment/,
    ],
    ...['rate(5 minutes)', 'every day', 'cron(0 10 * * ?)', 'at(2030-01-01T00:00:00)', 'rate(0 days)'].map(
      (expression): [string, Path, unknown, string, string, RegExp] => [
        `the schedule ${expression}`,
        ['ops', 'delivery', 'schedule', 'expression'],
        expression,
        'config/ops.ts',
        'delivery.schedule.expression',
        /is not a schedule; use rate\(<n> hours\), rate\(<n> days\) or the six fields of cron/,
      ],
    ),
    [
      'a time zone that is none',
      ['ops', 'delivery', 'schedule', 'timeZone'],
      'Europe/Nowhere',
      'config/ops.ts',
      'delivery.schedule.timeZone',
      /is not a time zone; use a name of the IANA list/,
    ],
    [
      'an approval that outlives its plan',
      ['ops', 'delivery', 'approvalTimeoutMinutes'],
      43_200,
      'config/ops.ts',
      'delivery.artifactRetentionDays',
      /is no longer than an approval may take, 43200 minutes; a plan must outlive it/,
    ],
    [
      'a broker that was never released',
      ['ops', 'build', 'brokerVersion'],
      'v1.0.1',
      'config/ops.ts',
      'build.brokerVersion',
      /is not a release of the broker; use one of v1\.0\.0, v1\.0\.2, .*, or null for Bento's own/,
    ],
    [
      'a checksum that is none',
      ['ops', 'build', 'brokerSha256'],
      'ABC',
      'config/ops.ts',
      'build.brokerSha256',
      /is not a SHA-256; give 64 hexadecimal digits in lower case, or null/,
    ],
    [
      'a version that the images are not made for',
      ['ops', 'build', 'boundlessVersion'],
      'v1.4.0',
      'config/ops.ts',
      'build.boundlessVersion',
      /is not supported; use latest, or a release from v1\.0\.0 up to, not including, v1\.3\.0/,
    ],
    ...(
      [
        [['noManagerMinutes'], 9, /is too small; give minutes from 10 to 1440/],
        [['noManagerMinutes'], 1445, /is too large; give minutes from 10 to 1440/],
        [['noManagerMinutes'], 12, /is not a multiple of 5; alarms look every five minutes/],
        [['managerSilentMinutes'], 5, /is too small/],
        [['proversShort', 'minutes'], 61, /is not a multiple of 5/],
        [['proversShort', 'belowPercent'], 0, /is too small; give percent from 1 to 100/],
        [['proversShort', 'belowPercent'], 101, /is too large/],
        [['proverBootFailures'], 0, /is too small; give boots from 1 to 100/],
        [['gpusIdleMinutes'], 5, /is too small/],
        [['queueAgeMinutes'], 4, /is too small; give minutes from 5 to 1440/],
        [['diskPercent'], 96, /is too large; give percent from 50 to 95/],
        [['memoryMiB'], 63, /is too small; give MiB from 64 to 65536/],
      ] as const
    ).map(([path, value, message]): [string, Path, unknown, string, string, RegExp] => [
      `an alarm that rings at ${value}: ${path.join('.')}`,
      staging('alarms', ...path),
      value,
      'config/staging.ts',
      `alarms.${path.join('.')}`,
      message,
    ]),
    [
      'a short account id',
      ['ops', 'accountId'],
      '12345',
      'config/ops.ts',
      'accountId',
      /is not an account id; use the 12 digits/,
    ],
    [
      'an account id with letters',
      staging('accountId'),
      '22222222222a',
      'config/staging.ts',
      'accountId',
      /is not an account id/,
    ],
    [
      'the account of ops',
      staging('accountId'),
      '111111111111',
      'config/staging.ts',
      'accountId',
      /is the account of config\/ops\.ts too; give each/,
    ],
    [
      'an unknown region',
      ['ops', 'region'],
      'us-west-9',
      'config/ops.ts',
      'region',
      /is not a region .*; use one of us-east-1/,
    ],
    [
      'a region without the images',
      staging('region'),
      'eu-west-1',
      'config/staging.ts',
      'region',
      /is not the region of the images; use us-west-2/,
    ],
    [
      'the name ops',
      staging('environment'),
      'ops',
      'config/ops.ts',
      'environment',
      /is the name of the ops account; choose another/,
    ],
    [
      'a name with capitals',
      staging('environment'),
      'Staging',
      'config/Staging.ts',
      'environment',
      /is not a usable name; use 2 to 20/,
    ],
    [
      'the name of another environment',
      staging('environment'),
      'production',
      'config/production.ts',
      'environment',
      /names of environments must differ/,
    ],
    [
      'a manager of the wrong architecture',
      staging('manager', 'instanceType'),
      'c7g.4xlarge',
      'config/staging.ts',
      'manager.instanceType',
      /architecture arm64, and the images are x86_64; choose/,
    ],
    [
      'a prover without GPU',
      staging('prover', 'instanceTypes'),
      ['g6.xlarge', 'c7a.4xlarge'],
      'config/staging.ts',
      'prover.instanceTypes.1',
      /has no GPU.*g4dn, g5, g6, g6e$/,
    ],
    [
      'a GPU that Bento has no code for',
      staging('prover', 'instanceTypes'),
      ['p5.48xlarge'],
      'config/staging.ts',
      'prover.instanceTypes.0',
      /sm_90, and Bento ships code for sm_75, sm_86, sm_89, sm_120; choose/,
    ],
    [
      'a manager with GPU',
      staging('manager', 'instanceType'),
      'g6.xlarge',
      'config/staging.ts',
      'manager.instanceType',
      /has a GPU, and this node needs none; choose/,
    ],
    [
      'an unknown family',
      staging('prover', 'instanceTypes'),
      ['x9.large'],
      'config/staging.ts',
      'prover.instanceTypes.0',
      /config\/instance-types\.ts does not know; add it there/,
    ],
    [
      'no instance type at all',
      staging('manager', 'instanceType'),
      'large',
      'config/staging.ts',
      'manager.instanceType',
      /is not an instance type such as c7a\.4xlarge; choose/,
    ],
    [
      'a GPU image that is baked without GPU',
      ['ops', 'build', 'instanceTypes', 'prover'],
      'c7a.4xlarge',
      'config/ops.ts',
      'build.instanceTypes.prover',
      /has no GPU/,
    ],
    [
      'no network',
      staging('network', 'vpcCidr'),
      '10.20.0.0',
      'config/staging.ts',
      'network.vpcCidr',
      /is not an IPv4 network; write it like/,
    ],
    [
      'a network that AWS refuses',
      staging('network', 'vpcCidr'),
      '10.16.0.0/12',
      'config/staging.ts',
      'network.vpcCidr',
      /a size that AWS refuses; use a prefix from \/16 to \/28/,
    ],
    [
      'a subnet that AWS refuses',
      staging('network', 'subnets', 0, 'cidr'),
      '10.20.0.0/29',
      'config/staging.ts',
      'network.subnets.0.cidr',
      /a size that AWS refuses; use a prefix from \/16 to \/28/,
    ],
    [
      'no address',
      staging('network', 'subnets', 0, 'cidr'),
      '10.20.0/20',
      'config/staging.ts',
      'network.subnets.0.cidr',
      /is not an IPv4 network; write it like/,
    ],
    [
      'a subnet outside',
      staging('network', 'subnets', 0, 'cidr'),
      '10.99.0.0/20',
      'config/staging.ts',
      'network.subnets.0.cidr',
      /is not within 10\.20\.0\.0\/16; choose/,
    ],
    [
      'a subnet over another',
      staging('network', 'subnets', 1, 'cidr'),
      '10.20.8.0/21',
      'config/staging.ts',
      'network.subnets.1.cidr',
      /overlaps 10\.20\.0\.0\/20; choose/,
    ],
    [
      'a zone twice',
      staging('network', 'subnets', 1, 'zone'),
      'a',
      'config/staging.ts',
      'network.subnets.1.zone',
      /has a subnet already; name each zone once/,
    ],
    [
      'no zone',
      staging('network', 'subnets', 0, 'zone'),
      'us-west-2a',
      'config/staging.ts',
      'network.subnets.0.zone',
      /is not a zone; give its letter/,
    ],
    [
      'no subnets',
      staging('network', 'subnets'),
      [],
      'config/staging.ts',
      'network.subnets',
      /is empty; name at least one subnet/,
    ],
    [
      'no instance types',
      staging('prover', 'instanceTypes'),
      [],
      'config/staging.ts',
      'prover.instanceTypes',
      /is empty; name at least one instance type/,
    ],
    [
      'no environments',
      ['environments'],
      [],
      'config/index.ts',
      'environments',
      /is empty; name at least one service account/,
    ],
    [
      'counts out of order',
      staging('prover', 'desired'),
      9,
      'config/staging.ts',
      'prover.min, desired, max',
      /are out of order; min <= desired <= max/,
    ],
    [
      'a retention that CloudWatch lacks',
      ['ops', 'logRetentionDays'],
      31,
      'config/ops.ts',
      'logRetentionDays',
      /is not a retention that CloudWatch Logs has; use one of 1, 3/,
    ],
    [
      'a Slack workspace that is a name',
      ['ops', 'notifications', 'slack'],
      { workspaceId: 'boundless', channelId: 'C0123ABCD' },
      'config/ops.ts',
      'notifications.slack.workspaceId',
      /is not the id of a Slack workspace; copy it from Amazon Q/,
    ],
    [
      'a Slack channel that is a name',
      ['ops', 'notifications', 'slack'],
      { workspaceId: 'T0123ABCD', channelId: '#alarms' },
      'config/ops.ts',
      'notifications.slack.channelId',
      /is not the id of a Slack channel; copy the end of the channel's link/,
    ],
    [
      'a status address that is none',
      ['ops', 'notifications', 'statusEmails'],
      ['team'],
      'config/ops.ts',
      'notifications.statusEmails.0',
      /is not an e-mail address; correct it/,
    ],
    [
      'an alarm of long builds that could never ring',
      ['ops', 'monitoring', 'longBuildMinutes'],
      180,
      'config/ops.ts',
      'monitoring.longBuildMinutes',
      /is not below build\.timeoutMinutes, 180, which ends a build; choose less/,
    ],
    [
      'an alarm of stuck approvals that could never ring',
      ['ops', 'monitoring', 'stuckApprovalHours'],
      24,
      'config/ops.ts',
      'monitoring.stuckApprovalHours',
      /is not below delivery\.approvalTimeoutMinutes, 1440, which ends an approval; choose less/,
    ],
    [
      'a budget that nobody hears of',
      staging('monthlyBudgetUsd'),
      1000,
      'config/staging.ts',
      'monthlyBudgetUsd',
      /can be told to 1 to 10 addresses, not 0; correct notifications\.alarmEmails, or set null/,
    ],
    [
      'an address that is none',
      ['ops', 'notifications', 'alarmEmails'],
      ['a@b.example', 'nobody'],
      'config/ops.ts',
      'notifications.alarmEmails.1',
      /is not an e-mail address; correct it/,
    ],
    [
      'a repository without https',
      ['ops', 'repository', 'url'],
      'git@github.com:a/b.git',
      'config/ops.ts',
      'repository.url',
      /is not an https address; give/,
    ],
    [
      'a connection that is none',
      ['ops', 'repository', 'connectionArn'],
      'arn:aws:iam::1:role/x',
      'config/ops.ts',
      'repository.connectionArn',
      /is not the ARN of a connection; copy it/,
    ],
    [
      'a subnet id that is none',
      ['ops', 'build', 'subnetId'],
      'vpc-1234',
      'config/ops.ts',
      'build.subnetId',
      /is not a subnet id; copy it/,
    ],
    [
      'a version that is none',
      ['ops', 'build', 'boundlessVersion'],
      '1.2',
      'config/ops.ts',
      'build.boundlessVersion',
      /is not a version; use latest/,
    ],
    [
      'a state of allowed images that is none',
      staging('allowedImages', 'state'),
      'audit',
      'config/staging.ts',
      'allowedImages.state',
      /is not a state; use audit-mode, enabled or disabled/,
    ],
    [
      'a provider of images that is none',
      staging('allowedImages', 'providers', 0),
      'canonical',
      'config/staging.ts',
      'allowedImages.providers.0',
      /is not a provider of images; use an account id, amazon/,
    ],
  ])('%s', (_, path, value, file, field, message) => {
    const problems = problemsOf(withValue(path, value));
    const found = problems.filter((problem) => problem.field === field && message.test(problem.message));
    expect([found.length, problems]).toEqual([1, expect.anything()]);
    expect(found[0]).toMatchObject({ file });
    expect(() => validated(withValue(path, value))).toThrow(`${file}: ${field}: ${JSON.stringify(found[0]?.value)} `);
  });

  test.each<[Path, number, number, number?, number?]>([
    [['ops', 'state', 'previousVersionsDays'], 7, 3650],
    [['ops', 'sharing', 'reconcileEveryMinutes'], 15, 720],
    [['ops', 'monitoring', 'lateSharingMinutes'], 5, 240],
    [['ops', 'monitoring', 'staleImageDays'], 1, 365],
    // An approval is over after a day, and one that waits for 8 hours rings.
    [['ops', 'monitoring', 'stuckApprovalHours'], 1, 720, 23],
    // Plans are kept for 30 days.
    [['ops', 'delivery', 'approvalTimeoutMinutes'], 5, 86_400, 43_199, 481],
    [['ops', 'delivery', 'deploymentTimeoutMinutes'], 60, 480],
    [['ops', 'delivery', 'artifactRetentionDays'], 7, 365],
    [staging('state', 'previousVersionsDays'), 7, 3650],
    [staging('manager', 'rootVolumeGiB'), 40, 16384],
    [staging('prover', 'rootVolumeGiB'), 60, 16384],
    [staging('prover', 'volumeInitializationRate'), 100, 300],
    // Counts have to be in order as well: staging has 0 <= 1 <= 4.
    [staging('prover', 'min'), 0, 1000, 1],
    [staging('prover', 'desired'), 0, 1000, 4],
    [staging('prover', 'max'), 0, 1000, 1000, 1],
  ])('%j beside its bounds', (path, least, most, mostInOrder = most, leastInOrder = least) => {
    for (const value of [leastInOrder, mostInOrder]) expect(problemsOf(withValue(path, value))).toEqual([]);
    const field = (path[0] === 'ops' ? path.slice(1) : path.slice(2)).join('.');
    for (const [value, wrong] of [
      [least - 1, 'is too small'],
      [most + 1, 'is too large'],
      [least + 0.5, 'is not a whole number'],
    ] as const) {
      const message = expect.stringMatching(new RegExp(`^${wrong}; give .* from ${least} to ${most}`)) as string;
      const problem = { file: path[0] === 'ops' ? 'config/ops.ts' : 'config/staging.ts', field, value, message };
      expect(problemsOf(withValue(path, value))).toContainEqual(expect.objectContaining(problem));
    }
  });

  test.each<[string, Path, unknown, string, string]>([
    [
      'a value that is missing',
      staging('manager', 'instanceType'),
      undefined,
      'config/staging.ts: manager.instanceType: (nothing) Invalid input: expected string, received undefined; see config/schema',
      'manager.instanceType',
    ],
    [
      'a part that is missing',
      staging('network'),
      undefined,
      'config/staging.ts: network: (nothing) Invalid input: expected object, received undefined; see config/schema',
      'network',
    ],
    [
      'a value of another type',
      staging('prover', 'instanceTypes'),
      'g6.xlarge',
      'config/staging.ts: prover.instanceTypes: "g6.xlarge" Invalid input: expected array, received string; see config/schema',
      'prover.instanceTypes',
    ],
    [
      'a key that is unknown',
      staging('manager', 'instancetype'),
      'c7a.large',
      'config/staging.ts: manager.instancetype: "c7a.large" is the value of a key that the factory does not know; ' +
        'correct its spelling, or remove it; see config/schema',
      'manager.instancetype',
    ],
    [
      'a key that is unknown, beside all others',
      staging('regoin'),
      'us-west-2',
      'config/staging.ts: regoin: "us-west-2" is the value of a key that the factory does not know; ' +
        'correct its spelling, or remove it; see config/schema',
      'regoin',
    ],
  ])('%s', (_, path, value, line, field) => {
    expect(problemsOf(withValue(path, value))).toMatchObject([{ file: 'config/staging.ts', field }]);
    expect(() => validated(withValue(path, value))).toThrow(`The configuration has 1 problem:\n  ${line}`);
  });
});

test('VPCs of two environments must lie apart', () => {
  const problems = problemsOf(withValue(['environments', 1, 'network', 'vpcCidr'], '10.20.128.0/17'));
  expect(problems).toContainEqual({
    file: 'config/production.ts',
    field: 'network.vpcCidr',
    value: '10.20.128.0/17',
    message: 'overlaps 10.20.0.0/16 of config/staging.ts; choose networks apart',
  });
});

test('all problems of all files come at once', () => {
  const broken = withValue(['ops', 'accountId'], '1');
  Object.assign(broken.environments[0]!, { accountId: 'two' });
  Object.assign(broken.environments[1]!.manager, { instanceType: 'g6.xlarge' });
  expect(() => validated(broken)).toThrow(
    [
      'The configuration has 3 problems:',
      '  config/ops.ts: accountId: "1" is not an account id; use the 12 digits that `aws sts get-caller-identity` prints',
      '  config/staging.ts: accountId: "two" is not an account id; use the 12 digits that `aws sts get-caller-identity` prints',
      '  config/production.ts: manager.instanceType: "g6.xlarge" has a GPU, and this node needs none;',
    ].join('\n'),
  );
});

test('a region that only ops has is a problem of every environment', () => {
  const files = problemsOf(withValue(['ops', 'region'], 'eu-west-1')).map(({ file, field }) => `${file}: ${field}`);
  expect(files).toEqual(['config/staging.ts: region', 'config/production.ts: region']);
});

test.each(['qa', 'Production', 'prod', '', 'ops', 'constructor'])(
  'there is no environment %j, and nothing stands in for it',
  (name) => {
    expect(() => environmentNamed(name)).toThrow(
      `There is no environment ${JSON.stringify(name)}; use one of staging, production.`,
    );
  },
);

test('an environment is found by its name', () => {
  expect(environmentNamed('staging').accountId).toBe('222222222222');
});

describe('thresholds of balances', () => {
  const withMarket = (market: Record<string, unknown>) =>
    problemsOf(withValue(staging('broker', 'market'), market)).map(({ field, value, message }) => [
      field,
      value,
      message,
    ]);

  test.each([
    [{}],
    [{ balance_warn_threshold: '0.1' }],
    [{ balance_error_threshold: '0.1' }],
    [{ balance_warn_threshold: '0.1', balance_error_threshold: '0.02' }],
    [{ stake_balance_warn_threshold: '15', collateral_balance_error_threshold: '9' }],
    [{ balance_warn_threshold: null, balance_error_threshold: '0.02' }],
  ])('%j is in order', (market) => {
    expect(withMarket(market)).toEqual([]);
  });

  test.each([
    ['balance_warn_threshold', '0.1', 'balance_error_threshold', '0.1'],
    ['balance_warn_threshold', '0.02', 'balance_error_threshold', '0.1'],
    ['collateral_balance_warn_threshold', '9', 'collateral_balance_error_threshold', '15'],
    ['stake_balance_warn_threshold', '9', 'collateral_balance_error_threshold', '9.5'],
  ])('%s = %s never warns where %s = %s', (warn, value, error, other) => {
    expect(withMarket({ [warn]: value, [error]: other })).toEqual([
      [`broker.market.${warn}`, value, `is not above ${error}, ${other}, so that it would never warn; choose more`],
    ]);
  });
});
