import { denyPlainText, sameStatement, statementsForOthers, withStatement } from '../../../cli/bootstrap/bucket-policy';

const account = '222222222222';
const statement = denyPlainText('b');

test.each<[string, object, boolean]>([
  ['itself', statement, true],
  ['another order of keys', Object.fromEntries(Object.entries(statement).reverse()), true],
  ['another order of resources', { ...statement, Resource: ['arn:aws:s3:::b/*', 'arn:aws:s3:::b'] }, true],
  ['a list of one action', { ...statement, Action: ['s3:*'] }, true],
  ['one resource less', { ...statement, Resource: 'arn:aws:s3:::b' }, false],
  ['another condition', { ...statement, Condition: { Bool: { 'aws:SecureTransport': 'true' } } }, false],
  ['no condition', { ...statement, Condition: undefined }, false],
  ['one principal only', { ...statement, Principal: { AWS: account } }, false],
])('the statement compared with %s', (_, other, same) => {
  expect(sameStatement(JSON.parse(JSON.stringify(other)) as typeof statement, statement)).toBe(same);
});

test('a statement of the name is replaced, all others stay in their order', () => {
  const [a, b] = [{ Sid: 'A' }, { Effect: 'Deny' }];
  const policy = { Version: '2012-10-17', Statement: [a, { Sid: 'TlsOnly', Effect: 'Allow' }, b] };
  expect(withStatement(policy, statement).Statement).toEqual([a, b, statement]);
});

test.each<[unknown, boolean]>([
  ['*', true],
  [{ AWS: '*' }, true],
  [{ AWS: '333333333333' }, true],
  [{ AWS: ['arn:aws:iam::222222222222:root', 'arn:aws:iam::333333333333:role/r'] }, true],
  [{ CanonicalUser: 'c' }, true],
  [{ Federated: 'accounts.google.com' }, true],
  [undefined, true],
  [{ AWS: account }, false],
  [{ AWS: ['arn:aws:iam::222222222222:root', 'arn:aws:sts::222222222222:assumed-role/r/s'] }, false],
  [{ Service: 'logging.s3.amazonaws.com' }, false],
])('the principal %j is outside of the account: %j', (Principal, others) => {
  const policy = (Effect: string) => ({ Statement: [{ Sid: 'Own' }, { Effect, Principal }] });
  expect(statementsForOthers(policy('Allow'), account)).toEqual(others ? ['number 2'] : []);
  expect(statementsForOthers(policy('Deny'), account)).toEqual([]);
});

test('without a policy, nobody is let in', () => {
  expect(statementsForOthers(undefined, account)).toEqual([]);
});
