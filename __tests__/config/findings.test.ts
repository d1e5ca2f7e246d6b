import { ConfigurationError, factory, unlistedEnvironments, validated, type FactoryConfig } from '../../config';
import { range } from '../../config/cidr';
import { scheduleProblem } from '../../config/schedule';
import { filesOf, findingsOf, warningsOf } from '../../config/validate';
import { withValue, staging } from '../support/refused-values';

/** The shipped configuration with several values replaced. */
const withValues = (...changes: readonly (readonly [readonly (string | number)[], unknown])[]): FactoryConfig => {
  const copy = structuredClone(factory) as unknown as Record<string, unknown>;
  for (const [path, value] of changes) {
    const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], copy);
    (parent as Record<string | number, unknown>)[path.at(-1)!] = value;
  }
  return copy as unknown as FactoryConfig;
};
const placesOf = (broken: FactoryConfig): string[] =>
  findingsOf(broken).problems.map(({ file, field }) => `${file} ${field}`);

test('a value of the wrong type hides no problem between others', () => {
  const broken = withValues(
    [['ops', 'build', 'spot'], 'yes'],
    [['ops', 'monitoring', 'longBuildMinutes'], 300],
    [
      ['ops', 'notifications', 'alarmEmails'],
      ['a@example.com', 'a@example.com'],
    ],
    [staging('manager', 'instanceType'), undefined],
    [staging('prover', 'onDemand', 'base'), 5],
    [staging('network', 'subnets', 0, 'cidr'), 7],
    [staging('network', 'subnets', 1, 'zone'), 'c'],
    [staging('network', 'subnets', 2, 'cidr'), '10.99.0.0/20'],
    [['environments', 1, 'network', 'vpcCidr'], '10.20.0.0/16'],
    [['environments', 1, 'storage', 'inputDays'], 8],
  );
  expect(placesOf(broken)).toEqual(
    expect.arrayContaining([
      'config/ops.ts build.spot',
      'config/ops.ts monitoring.longBuildMinutes',
      'config/ops.ts notifications.alarmEmails.1',
      'config/staging.ts manager.instanceType',
      'config/staging.ts prover.onDemand.base',
      'config/staging.ts network.subnets.0.cidr',
      'config/staging.ts network.subnets.2.cidr',
      'config/staging.ts network.subnets.2.zone',
      'config/production.ts network.vpcCidr',
      'config/production.ts storage.inputDays',
    ]),
  );
});

test('every part may be missing: what is left is checked', () => {
  const parts = [
    ...Object.keys(factory.ops).map((key) => ['ops', key]),
    ...Object.keys(factory.environments[0]!).map((key) => staging(key)),
  ];
  for (const path of parts) {
    const broken = withValues([path, undefined], [['environments', 1, 'storage', 'inputDays'], 8]);
    const places = placesOf(broken);
    expect(places).toContain(`config/${path[0] === 'ops' ? 'ops' : 'staging'}.ts ${path.at(-1)!}`);
    expect(places).toContain('config/production.ts storage.inputDays');
  }
});

test('a typo in the region of ops is a problem of ops alone', () => {
  expect(placesOf(withValue(['ops', 'region'], 'us-wets-2'))).toEqual(['config/ops.ts region']);
});

test('an environment that is not there is named by its place in the list', () => {
  const { problems } = findingsOf({
    ...factory,
    environments: [undefined as never, factory.environments[1]!],
    files: [],
  });
  expect(problems).toContainEqual({
    file: 'config/index.ts',
    field: 'environments.0',
    value: undefined,
    message: 'is not there; check that the file exports it, and that index.ts imports it under that name',
  });
  const none = findingsOf({ ...factory, ops: undefined as never }).problems;
  expect(none[0]).toMatchObject({
    file: 'config/ops.ts',
    field: '(all of it)',
    message: expect.stringMatching(/^is missing; /) as string,
  });
});

test('a problem names the file that an environment was typed in, whatever its name', () => {
  const environments = factory.environments.map((one) => ({ ...one, approval: 1 as never }));
  const { problems } = findingsOf({ ...factory, environments, files: ['config/one.ts', 'config/two.ts'] });
  expect(problems.map(({ file }) => file)).toEqual(['config/one.ts', 'config/two.ts']);
});

test('a list without files takes them from the names', () => {
  const { ops, environments } = factory;
  expect(filesOf({ ops, environments })).toEqual(factory.files);
  expect(unlistedEnvironments(filesOf({ ops, environments }))).toEqual([]);
  expect(unlistedEnvironments(['config/staging.ts']).map(({ value }) => value)).toEqual(['config/production.ts']);
});

test('problems are a table, in which a field is never cut', () => {
  const broken = withValues([staging('broker', 'market'), { max_order_expiry_secs: 864_000 }]);
  const error = (() => {
    try {
      return validated(broken);
    } catch (thrown) {
      return thrown;
    }
  })();
  expect((error as ConfigurationError).table).toMatchSnapshot();
});

test('the shipped configuration has no warnings', () => {
  expect(warningsOf(factory)).toEqual([]);
});

test.each<[string, FactoryConfig, string, string, RegExp]>([
  [
    'a family that the region lacks',
    withValues(
      [['ops', 'region'], 'eu-west-1'],
      [staging('region'), 'eu-west-1'],
      [['environments', 1, 'region'], 'eu-west-1'],
    ),
    'config/staging.ts',
    'prover.instanceTypes.0',
    /^was not offered in eu-west-1 on 2026-12-01; choose another family, or check with/,
  ],
  [
    'a zone that the region lacks',
    withValue(staging('network', 'subnets', 2, 'zone'), 'f'),
    'config/staging.ts',
    'network.subnets.2.zone',
    /^was not a zone of us-west-2 on 2026-12-01; use one of a, b, c, d, or check with/,
  ],
  [
    'a connection of another account',
    withValue(
      ['ops', 'repository', 'connectionArn'],
      'arn:aws:codeconnections:us-east-1:222222222222:connection/01234567-89ab-cdef-0123-456789abcdef',
    ),
    'config/ops.ts',
    'repository.connectionArn',
    /^is a connection of the account 222222222222, and builds run in 111111111111; make one there/,
  ],
  [
    'a release that is not known yet',
    withValue(['ops', 'build', 'boundlessVersion'], 'v1.2.9'),
    'config/ops.ts',
    'build.boundlessVersion',
    /^is newer than every release that is known here; check that it is out, or use one of v1\.0\.0, v1\.0\.1,/,
  ],
])('%s is a warning, and no error', (_, config, file, field, message) => {
  const { problems, warnings } = findingsOf(config);
  expect(problems).toEqual([]);
  expect(warnings).toContainEqual(
    expect.objectContaining({ file, field, message: expect.stringMatching(message) as string }),
  );
});

test('a connection of another region is right: connections are global', () => {
  const arn = 'arn:aws:codeconnections:eu-west-1:111111111111:connection/01234567-89ab-cdef-0123-456789abcdef';
  expect(findingsOf(withValue(['ops', 'repository', 'connectionArn'], arn))).toEqual({ problems: [], warnings: [] });
});

test.each([
  'rate(6 hours)',
  'cron(0 10 * * ? *)',
  'cron(0/15 8-17 ? * MON-FRI *)',
  'cron(30 8 1,15 JAN,JUL ? 2027-2030)',
  'cron(0 0 L * ? *)',
  'cron(0 0 LW * ? *)',
  'cron(0 0 15W * ? *)',
  'cron(0 0 ? * 3#2 *)',
  'cron(0 0 ? * FRIL *)',
  'cron(0 0 29 2 ? *)',
])('%s is a schedule', (expression) => {
  expect(scheduleProblem(expression)).toBeUndefined();
});

test.each([
  'cron(60 10 * * ? *)',
  'cron(0 24 * * ? *)',
  'cron(0 10 0 * ? *)',
  'cron(0 10 32 * ? *)',
  'cron(0 10 * 13 ? *)',
  'cron(0 10 * FOO ? *)',
  'cron(0 10 ? * 8 *)',
  'cron(0 10 ? * 2#6 *)',
  'cron(0 10 * * ? 1969)',
  'cron(0 17-8 * * ? *)',
  'cron(0/0 10 * * ? *)',
  'cron(0 10 ? * ? *)',
  'cron(0 10 1 * 2 *)',
  'cron(0 10 30 FEB ? *)',
  'cron(0 10 31 4 ? *)',
  'cron(? 10 * * ? *)',
])('%s is none', (expression) => {
  expect(scheduleProblem(expression)).toMatch(/; \S/);
});

test('a network is its first and its last address', () => {
  expect(range('255.255.255.255/32')).toEqual({ first: 2 ** 32 - 1, last: 2 ** 32 - 1 });
  expect(range('10.20.0.0')).toBeUndefined();
});
