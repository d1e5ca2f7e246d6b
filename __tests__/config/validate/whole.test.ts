import { environmentNamed, factory, validated } from '../../../config';
import { problemsOf, staging, withValue, type Path } from '../../support/refused-values';

test('the shipped configuration is valid', () => {
  expect(validated(factory)).toBe(factory);
});

test.each<[string, Path, unknown, string, string]>([
  [
    'a value that is missing',
    staging('manager', 'instanceType'),
    undefined,
    'config/staging.ts: manager.instanceType: (nothing) is missing; choose one such as c7a.4xlarge or g6.xlarge, of a family in config/instance-types.ts',
    'manager.instanceType',
  ],
  [
    'a part that is missing',
    staging('network'),
    undefined,
    'config/staging.ts: network: (nothing) is missing; give an object with kind "own" or "existing"',
    'network',
  ],
  [
    'a value of another type',
    staging('prover', 'instanceTypes'),
    'g6.xlarge',
    'config/staging.ts: prover.instanceTypes: "g6.xlarge" has the wrong type; give a list, [ ... ]; of each entry: choose one such as c7a.4xlarge or g6.xlarge',
    'prover.instanceTypes',
  ],
  [
    'a key that is unknown',
    staging('manager', 'instancetype'),
    'c7a.large',
    'config/staging.ts: manager.instancetype: "c7a.large" is the value of a key that is not known here; ' +
      'write instanceType, or remove it',
    'manager.instancetype',
  ],
  [
    'a key that is unknown, beside all others',
    staging('regoin'),
    'us-west-2',
    'config/staging.ts: regoin: "us-west-2" is the value of a key that is not known here; ' +
      'write region, or remove it',
    'regoin',
  ],
])('%s', (_, path, value, line, field) => {
  expect(problemsOf(withValue(path, value))).toMatchObject([{ file: 'config/staging.ts', field }]);
  expect(() => validated(withValue(path, value))).toThrow(`The configuration has 1 problem:\n  ${line}`);
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
      '  config/production.ts: manager.instanceType: "g6.xlarge" has a GPU, and this role needs none;',
    ].join('\n'),
  );
});

test('a region that only ops has is a problem of ops alone', () => {
  const files = problemsOf(withValue(['ops', 'region'], 'eu-west-1')).map(({ file, field }) => `${file}: ${field}`);
  expect(files).toEqual(['config/ops.ts: region']);
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
