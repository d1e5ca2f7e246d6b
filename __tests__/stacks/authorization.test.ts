import { together } from '../support/clusters';
import { withEverything, withMoreAccounts } from '../support/factories';
import { policiesOf, principalsOf, withArns, type PolicyStatement } from '../support/policies';
import { faultsOfStatement, missingTypes } from '../support/policy-faults';
import { synthesize } from '../support/synthesized';

const factories = [
  ['as it is shipped', undefined],
  ['with everything on', withEverything()],
  ['with more accounts', withMoreAccounts()],
  ...together,
] as const;

describe.each(factories)('%s', (_, factory) => {
  const stacks = [...synthesize(factory === undefined ? {} : { factory }).values()];

  test('AWS knows each action, resource and condition key of each policy', async () => {
    const faults: string[] = [];
    for (const stack of stacks)
      for (const { owner, statements } of policiesOf(stack))
        for (const statement of statements)
          for (const fault of await faultsOfStatement(withArns(stack, statement)))
            faults.push(`${owner}#${statement.Sid}: ${fault}`);
    expect(faults).toEqual([]);
  });

  test('what is allowed is allowed on every resource that its calls are authorized on', async () => {
    const faults: string[] = [];
    for (const stack of stacks)
      for (const { owner, statements } of principalsOf(stack))
        for (const fault of await missingTypes(statements)) faults.push(`${owner}: ${fault}`);
    expect(faults).toEqual([]);
  });
});

describe('the check finds', () => {
  const ec2 = (type: string) => `arn:aws:ec2:us-west-2:111111111111:${type}/*`;
  const own = { StringEquals: { 'aws:ResourceTag/Stack': 'a' } };
  const group = 'arn:aws:logs:us-west-2:111111111111:log-group:/aws/lambda/a';
  const statement = (
    Action: string | string[],
    Resource: string | string[],
    Condition: PolicyStatement['Condition'] = {},
  ) => ({ Sid: 'One', Effect: 'Allow', Action, Resource, Condition }) as const;

  test.each([
    ['an action that is not there', statement('ec2:DescribeServers', '*'), 'there is no action ec2:DescribeServers'],
    [
      'a pattern that stands for none',
      statement('kms:GenerateKeys*', ec2('key')),
      'there is no action kms:GenerateKeys*',
    ],
    [
      'a log group without :*',
      statement('logs:CreateLogGroup', group),
      `logs:CreateLogGroup takes no resource like ${group}`,
    ],
    [
      'tags of a log group with :*',
      statement('logs:TagResource', `${group}:*`),
      `logs:TagResource takes no resource like ${group}:*`,
    ],
    [
      'a name where there is no resource',
      statement('dlm:CreateLifecyclePolicy', 'arn:aws:dlm:us-west-2:111111111111:policy/*'),
      'dlm:CreateLifecyclePolicy takes "Resource": "*" alone',
    ],
    [
      'a tag where there is no resource',
      statement('ec2:DeleteSubnetCidrReservation', '*', own),
      'ec2:DeleteSubnetCidrReservation knows no key aws:ResourceTag/Stack',
    ],
    [
      'a rule that has no tags yet',
      statement('ec2:AuthorizeSecurityGroupIngress', [ec2('security-group'), ec2('security-group-rule')], own),
      'ec2:AuthorizeSecurityGroupIngress on security-group-rule knows no key aws:ResourceTag/Stack',
    ],
    [
      'an image with an account',
      statement('ec2:CreateTags', ec2('image'), own),
      `ec2:CreateTags takes no resource like ${ec2('image')}`,
    ],
    [
      'a bucket that stands for its objects',
      statement('s3:GetObject', 'arn:aws:s3:::a'),
      's3:GetObject takes no resource like arn:aws:s3:::a',
    ],
    [
      'objects that stand for their bucket',
      statement('s3:ListBucket', 'arn:aws:s3:::a/*'),
      's3:ListBucket takes no resource like arn:aws:s3:::a/*',
    ],
    [
      'a resource that no action takes',
      statement('ec2:CreateVpc', [ec2('vpc'), ec2('subnet')]),
      `no action of One takes ${ec2('subnet')}`,
    ],
    [
      'a key of another service',
      statement('sqs:SendMessage', 'arn:aws:sqs:us-west-2:111111111111:a', { Null: { 'ec2:Owner': 'false' } }),
      'sqs:SendMessage on queue knows no key ec2:Owner',
    ],
  ])('%s', async (_, faulty, fault) => {
    expect(await faultsOfStatement(faulty)).toContain(fault);
  });

  test('a right on one of the two resources that a call is authorized on', async () => {
    expect(await missingTypes([statement('ec2:AuthorizeSecurityGroupIngress', ec2('security-group'))])).toEqual([
      'ec2:AuthorizeSecurityGroupIngress is allowed on no security-group-rule',
    ]);
    expect(await missingTypes([statement('ec2:DisassociateAddress', ec2('elastic-ip'))])).toEqual([
      'ec2:DisassociateAddress is allowed on no network-interface',
    ]);
    expect(await missingTypes([statement('ec2:AttachVolume', ec2('volume'))])).toEqual([
      'ec2:AttachVolume is allowed on no instance',
    ]);
  });

  test('nothing in what is sound', async () => {
    for (const sound of [
      statement('logs:CreateLogGroup', `${group}:*`),
      statement('kms:ReEncrypt*', 'arn:aws:kms:us-west-2:111111111111:key/*', own),
      statement('ssm:StartSession', 'arn:aws:ssm:us-west-2::document/AWS-StartPortForwardingSession'),
      statement('ec2:DescribeImages', '*', { StringEquals: { 'aws:requestedregion': 'us-west-2' } }),
    ])
      expect(await faultsOfStatement(sound)).toEqual([]);
  });
});
