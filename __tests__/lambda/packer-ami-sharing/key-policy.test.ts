import { factory } from '../../../config';
import { policyGaps } from '../../../lambda/packer-ami-sharing/accounts/key-policy';
import { stackOf, synthesize } from '../../support/synthesized';

const account = '222222222222';
const root = `arn:aws:iam::${account}:root`;
const role = `arn:aws:iam::${account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
const use = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];

const gaps = (...statements: readonly object[]) =>
  policyGaps(JSON.stringify({ Version: '2012-10-17', Statement: statements }), account).map(({ Sid }) => Sid);
const allow = (Action: string | string[], changes: object = {}) => ({
  Effect: 'Allow',
  Principal: { AWS: root },
  Action,
  Resource: '*',
  ...changes,
});

test("the factory's own policy lets every account launch", () => {
  const keys = Object.entries(stackOf(synthesize(), 'ops').resource['aws_kms_key'] ?? {});
  const policy = String(keys.find(([id]) => id.startsWith('ImageKey'))?.[1]['policy']);
  for (const { accountId } of factory.environments) expect(policyGaps(policy, accountId)).toEqual([]);
  expect(policyGaps(policy, '999999999999')).toHaveLength(2);
});

test.each<[what: string, statements: object[], missing: string[]]>([
  ['nothing', [], ['UseTheImageKey', 'GrantItToAutoScaling']],
  ['both', [allow(use), allow('kms:CreateGrant')], []],
  ['one for all', [allow('kms:*')], []],
  ['the account by its id', [allow([...use, 'kms:CreateGrant'], { Principal: { AWS: [account] } })], []],
  ['everybody', [allow('*', { Principal: '*' })], []],
  [
    'another account',
    [allow('kms:*', { Principal: { AWS: 'arn:aws:iam::333333333333:root' } })],
    ['UseTheImageKey', 'GrantItToAutoScaling'],
  ],
  [
    'a service',
    [allow('kms:*', { Principal: { Service: 'ec2.amazonaws.com' } })],
    ['UseTheImageKey', 'GrantItToAutoScaling'],
  ],
  ['a denial', [allow('kms:*', { Effect: 'Deny' })], ['UseTheImageKey', 'GrantItToAutoScaling']],
  [
    'no decryption',
    [allow(use.filter((action) => action !== 'kms:Decrypt')), allow('kms:CreateGrant')],
    ['UseTheImageKey'],
  ],
  ['use in two parts', [allow(use.slice(0, 2)), allow(use.slice(2)), allow('kms:CreateGrant')], []],
  [
    'use through EC2, grants to Auto Scaling',
    [
      allow(use, { Condition: { StringEquals: { 'kms:ViaService': 'ec2.us-west-2.amazonaws.com' } } }),
      allow('kms:CreateGrant', { Condition: { ArnEquals: { 'kms:GranteePrincipal': [role] } } }),
    ],
    [],
  ],
  [
    'use from one network only',
    [allow(use, { Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } } }), allow('kms:CreateGrant')],
    ['UseTheImageKey'],
  ],
  [
    "grants for AWS resources only, which refuses Terraform's",
    [allow(use), allow('kms:CreateGrant', { Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } } })],
    ['GrantItToAutoScaling'],
  ],
  [
    "grants to another account's role",
    [
      allow(use),
      allow('kms:CreateGrant', {
        Condition: { ArnEquals: { 'kms:GranteePrincipal': role.replace(account, '333333333333') } },
      }),
    ],
    ['GrantItToAutoScaling'],
  ],
])('%s: what is missing', (_, statements, missing) => {
  expect(gaps(...statements)).toEqual(missing);
});
