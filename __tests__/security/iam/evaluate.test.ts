import { meets, type Context, type Statement } from './conditions';
import { isAllowed, type Principal, type Request } from './evaluate';

const arn = 'arn:aws:iam::222222222222:role/one';
const secret = 'arn:aws:secretsmanager:us-west-2:222222222222:secret:s-AbCdEf';
const statement = (changes: Partial<Statement> = {}): Statement => ({
  Sid: 'One',
  Effect: 'Allow',
  Action: 'secretsmanager:GetSecretValue',
  Resource: '*',
  ...changes,
});
const principal = (...statements: Statement[]): Principal => ({ arn, statements });
const request = (changes: Partial<Request> = {}): Request => ({
  action: 'secretsmanager:GetSecretValue',
  resource: secret,
  ...changes,
});
const everybody = { AWS: '*' };

// IAM User Guide, "Policy evaluation logic", "Evaluating identity-based policies with resource-based policies",
// "Permissions boundaries for IAM entities", "Cross-account policy evaluation logic".
describe('a request is', () => {
  test('denied without a policy, and allowed by one', () => {
    expect(isAllowed(principal(), request())).toBe(false);
    expect(isAllowed(principal(statement()), request())).toBe(true);
  });

  test('denied by any deny, whatever allows it', () => {
    expect(isAllowed(principal(statement(), statement({ Effect: 'Deny' })), request())).toBe(false);
    const resourcePolicy = [statement({ Effect: 'Deny', Principal: everybody })];
    expect(isAllowed(principal(statement()), request({ resourcePolicy }))).toBe(false);
  });

  test('allowed within the boundary only', () => {
    const bounded = { ...principal(statement()), boundary: [statement({ Action: 'secretsmanager:DescribeSecret' })] };
    expect(isAllowed(bounded, request())).toBe(false);
    expect(isAllowed({ ...bounded, boundary: [statement({ Action: 'secretsmanager:Get*' })] }, request())).toBe(true);
  });

  test('allowed by the policy of a resource of the account that names the role', () => {
    const resourcePolicy = [statement({ Principal: { AWS: arn } })];
    expect(isAllowed(principal(), request({ resourcePolicy }))).toBe(true);
    const ofAccount = [statement({ Principal: { AWS: 'arn:aws:iam::222222222222:root' } })];
    expect(isAllowed(principal(), request({ resourcePolicy: ofAccount }))).toBe(false);
  });

  test('allowed from another account by both sides only', () => {
    const other: Principal = { arn: 'arn:aws:iam::111111111111:role/one', statements: [statement()] };
    const resourcePolicy = [statement({ Principal: { AWS: 'arn:aws:iam::111111111111:root' } })];
    expect(isAllowed(other, request())).toBe(false);
    expect(isAllowed(other, request({ resourcePolicy }))).toBe(true);
    expect(isAllowed({ ...other, statements: [] }, request({ resourcePolicy }))).toBe(false);
  });

  test('allowed by a policy of its resource within the boundary, where that names the role', () => {
    const bounded = { ...principal(), boundary: [statement({ Action: 'secretsmanager:DescribeSecret' })] };
    const toItself = [statement({ Principal: { AWS: arn } })];
    expect(isAllowed(bounded, request({ resourcePolicy: toItself }))).toBe(false);
    expect(isAllowed(bounded, request({ resourcePolicy: [statement({ Principal: '*' })] }))).toBe(true);
  });

  test('denied to everybody by either form of a principal', () => {
    for (const Principal of ['*', everybody] as const)
      expect(
        isAllowed(principal(statement()), request({ resourcePolicy: [statement({ Effect: 'Deny', Principal })] })),
      ).toBe(false);
    const nobody = [{ Effect: 'Deny', Action: '*', Resource: '*' }] as const;
    expect(() => isAllowed(principal(statement()), request({ resourcePolicy: nobody }))).toThrow('names no principal');
  });

  test('allowed to a service by a trust that names it, under its condition', () => {
    const service: Principal = {
      arn: 'codebuild.amazonaws.com',
      statements: [statement({ Action: 'sts:AssumeRole' })],
    };
    const resourcePolicy = [
      statement({
        Principal: { Service: 'codebuild.amazonaws.com' },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'aws:SourceAccount': '222222222222' } },
      }),
    ];
    const by = (account: string) =>
      isAllowed(service, {
        action: 'sts:AssumeRole',
        resource: arn,
        resourcePolicy,
        context: { 'aws:SourceAccount': account },
      });
    expect([by('222222222222'), by('999999999999')]).toEqual([true, false]);
    const other = { ...service, arn: 'lambda.amazonaws.com' };
    expect(isAllowed(other, { action: 'sts:AssumeRole', resource: arn, resourcePolicy })).toBe(false);
  });

  test('about what NotAction and NotResource leave', () => {
    const without = { Sid: 'One', Effect: 'Allow', Resource: '*', NotAction: 'secretsmanager:Get*' } as const;
    expect(isAllowed({ arn, statements: [without] }, request())).toBe(false);
    expect(isAllowed({ arn, statements: [without] }, request({ action: 'secretsmanager:PutSecretValue' }))).toBe(true);
    const others = { Sid: 'One', Effect: 'Allow', Action: '*', NotResource: secret } as const;
    expect(isAllowed({ arn, statements: [others] }, request())).toBe(false);
    expect(isAllowed({ arn, statements: [others] }, request({ resource: `${secret}2` }))).toBe(true);
  });

  test('on what the variables of a policy stand for', () => {
    const own = principal(statement({ Resource: 'arn:aws:s3:::b/${aws:PrincipalTag/team}/*', Action: 's3:GetObject' }));
    const get = (context: Context) =>
      isAllowed(own, { action: 's3:GetObject', resource: 'arn:aws:s3:::b/one/x', context });
    expect([get({ 'aws:PrincipalTag/team': 'one' }), get({ 'aws:PrincipalTag/team': 'two' }), get({})]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("allowed on a key only where the key's policy lets the account's own policies do it", () => {
    const key = request({ action: 'kms:Decrypt', resource: 'arn:aws:kms:us-west-2:222222222222:key/k' });
    const own = principal(statement({ Action: 'kms:Decrypt' }));
    expect(isAllowed(own, key)).toBe(false);
    const resourcePolicy = [statement({ Action: 'kms:*', Principal: { AWS: 'arn:aws:iam::222222222222:root' } })];
    expect(isAllowed(own, { ...key, resourcePolicy })).toBe(true);
    expect(isAllowed(principal(), { ...key, resourcePolicy })).toBe(false);
  });
});

// IAM User Guide, "IAM JSON policy elements: Condition operators".
test.each<[boolean, Statement['Condition'], Record<string, string | string[]>]>([
  [true, { StringEquals: { 'aws:requestedregion': ['a', 'b'] } }, { 'aws:RequestedRegion': 'b' }],
  [false, { StringEquals: { k: 'a' } }, {}],
  [true, { StringNotEquals: { k: 'a' } }, {}],
  [false, { StringNotEquals: { k: ['a', 'b'] } }, { k: 'b' }],
  [true, { StringEqualsIfExists: { k: 'a' } }, {}],
  [false, { StringEqualsIfExists: { k: 'a' } }, { k: 'b' }],
  [true, { StringLike: { k: 'a*?' } }, { k: 'abc' }],
  [false, { StringEquals: { k: 'a*' } }, { k: 'abc' }],
  [true, { ArnLike: { k: 'arn:aws:iam::222222222222:role/a/*b' } }, { k: 'arn:aws:iam::222222222222:role/a/c/b' }],
  [false, { ArnLike: { k: 'arn:*:role/a' } }, { k: 'arn:aws:iam::222222222222:role/a' }],
  [false, { ArnNotLike: { k: ['arn:aws:iam::2:root', 'arn:aws:iam::2:role/*'] } }, { k: 'arn:aws:iam::2:role/x' }],
  [true, { ArnNotLike: { k: ['arn:aws:iam::2:role/a'] } }, { k: 'arn:aws:iam::2:role/x' }],
  [true, { ArnNotLike: { k: ['arn:aws:iam::2:role/a'] } }, {}],
  [true, { Bool: { k: 'true' } }, { k: 'true' }],
  [false, { Bool: { k: 'true' } }, {}],
  [true, { Null: { k: 'true' } }, {}],
  [false, { Null: { k: 'false' } }, {}],
  [true, { 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['a'] }],
  [true, { 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, {}],
  [false, { 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['a', 'c'] }],
  [true, { 'ForAnyValue:StringEquals': { k: ['a'] } }, { k: ['a', 'c'] }],
  [false, { 'ForAnyValue:StringEquals': { k: ['a'] } }, {}],
  [false, { StringEquals: { a: '1', b: '2' } }, { a: '1' }],
])('%j: %j with %j', (expected, condition, context) => {
  expect(meets(condition, context)).toBe(expected);
});

test('an operator that is not known is an error, and not met', () => {
  expect(() => meets({ DateLessThan: { k: 'x' } }, { k: 'x' })).toThrow('the operator DateLessThan is not known');
});
