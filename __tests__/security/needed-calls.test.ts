import { readFileSync } from 'node:fs';
import { imageTags } from '../../config/names';
import type { PolicyStatement } from '../support/policies';
import type { Context } from './iam/conditions';
import { isAllowed } from './iam/evaluate';
import {
  accounts,
  administrator,
  may,
  mayOnClusterKey,
  mayOnSecret,
  mayTake,
  principal,
  secretArn,
  type AccountName,
} from './world';

const region = 'us-west-2';
const arn = (service: string, account: AccountName, resource: string) =>
  `arn:aws:${service}:${region}:${accounts[account]}:${resource}`;
const ec2 = (account: AccountName, type: string) => arn('ec2', account, `${type}/x-1`);
const image = `arn:aws:ec2:${region}::image/ami-1`;
const snapshot = `arn:aws:ec2:${region}::snapshot/snap-1`;
type Call = readonly [action: string, resource: string, context?: Context];

describe('a build', () => {
  const profile = { 'ec2:InstanceProfile': `arn:aws:iam::${accounts.ops}:instance-profile/packer-builder` };
  const type = { 'ec2:InstanceType': 'g6.xlarge' };
  // The tags that the templates give, of image and build; the script that finishes an image gives some of them again.
  const keys = readFileSync('packer/locals.pkr.hcl', 'utf8').match(/(?<=^ {6})[A-Z]\w+(?= *=)/gm) ?? [];
  const finished = readFileSync('packer/build/finish-image.sh', 'utf8').match(/(?<="Key=)\w+/g) ?? [];
  const tags = { 'aws:RequestTag/ManagedBy': 'packer', 'aws:TagKeys': [...new Set([...keys, ...finished])] };

  test('tags with these keys', () => {
    expect([...tags['aws:TagKeys']].sort()).toEqual(imageTags);
  });
  const made = (by: string) => ({ ...tags, 'ec2:CreateAction': by });
  const tagged = { 'aws:ResourceTag/ManagedBy': 'packer' };
  const ssm = (name: string) => arn('ssm', 'ops', `session/${name}`);

  // What packer-plugin-amazon calls, in its order, with the keys that Amazon EC2 gives each resource (Service Authorization
  // Reference, "Amazon EC2"); `__tests__/stacks/packer-permissions.test.ts` has how it was recorded.
  const calls: readonly Call[] = [
    ['ec2:DescribeImages', '*'],
    ['ec2:DescribeSubnets', '*'],
    ['ec2:CreateKeyPair', arn('ec2', 'ops', 'key-pair/packer_1')],
    ['ec2:CreateTags', arn('ec2', 'ops', 'key-pair/packer_1'), made('CreateKeyPair')],
    ['ec2:CreateSecurityGroup', ec2('ops', 'security-group')],
    ['ec2:CreateSecurityGroup', ec2('ops', 'vpc')],
    ['ec2:CreateTags', ec2('ops', 'security-group'), made('CreateSecurityGroup')],
    ['iam:GetInstanceProfile', `arn:aws:iam::${accounts.ops}:instance-profile/packer-builder`],
    ['ec2:CreateLaunchTemplate', ec2('ops', 'launch-template'), tags],
    ['ec2:CreateTags', ec2('ops', 'launch-template'), made('CreateLaunchTemplate')],
    ['ec2:CreateFleet', ec2('ops', 'fleet')],
    ['ec2:CreateFleet', ec2('ops', 'launch-template')],
    ['ec2:CreateTags', ec2('ops', 'fleet'), made('CreateFleet')],
    ...(['launch-template', 'network-interface', 'security-group', 'subnet', 'volume'] as const).map((one): Call => [
      'ec2:RunInstances',
      ec2('ops', one),
    ]),
    ['ec2:RunInstances', ec2('ops', 'instance'), { ...type, ...profile }],
    ['ec2:RunInstances', image],
    ['ec2:RunInstances', arn('ec2', 'ops', 'key-pair/packer_1')],
    [
      'iam:PassRole',
      `arn:aws:iam::${accounts.ops}:role/packer-builder-role`,
      { 'iam:PassedToService': 'ec2.amazonaws.com' },
    ],
    ['ec2:CreateTags', ec2('ops', 'instance'), made('RunInstances')],
    ['ec2:CreateTags', ec2('ops', 'volume'), made('RunInstances')],
    ['ec2:CreateTags', ec2('ops', 'network-interface'), made('RunInstances')],
    // A spot instance, its request and its volumes, once they run.
    ['ec2:CreateTags', ec2('ops', 'spot-instances-request'), tags],
    ['ec2:CreateTags', ec2('ops', 'instance'), { ...tags, ...profile }],
    ['ec2:CreateTags', ec2('ops', 'volume'), tags],
    ['ssm:StartSession', ec2('ops', 'instance'), { 'ssm:resourceTag/ManagedBy': 'packer' }],
    ['ssm:StartSession', `arn:aws:ssm:${region}::document/AWS-StartPortForwardingSession`],
    ['ssmmessages:OpenDataChannel', ssm('AWSCodeBuild-1')],
    ['ssm:TerminateSession', ssm('AWSCodeBuild-1')],
    ['ec2:StopInstances', ec2('ops', 'instance'), { ...tagged, ...profile }],
    ['ec2:CreateImage', ec2('ops', 'instance'), { ...tagged, ...profile }],
    ['ec2:CreateImage', image],
    ['ec2:CreateImage', snapshot],
    ['ec2:CreateTags', image, { ...tags, 'ec2:Owner': accounts.ops }],
    ['ec2:CreateTags', snapshot, { ...tags, 'ec2:Owner': accounts.ops }],
    ['ec2:TerminateInstances', ec2('ops', 'instance'), { ...tagged, ...profile }],
    ['ec2:DeleteSecurityGroup', ec2('ops', 'security-group'), tagged],
    ['ec2:DeleteLaunchTemplate', ec2('ops', 'launch-template'), tagged],
    ['ec2:DeleteKeyPair', arn('ec2', 'ops', 'key-pair/packer_1')],
    [
      's3:PutObject',
      'arn:aws:s3:::packer-pipeline-artifacts-111111111111/packer-pipeline/manager/abcdefg',
      { 'aws:ResourceAccount': accounts.ops },
    ],
  ];

  test.each(calls.map((call) => ({ call, action: call[0], resource: call[1] })))(
    'may $action on $resource',
    ({ call: [action, resource, context = {}] }) => {
      expect(may(principal('ops', 'packer-build-role'), action, resource, { context })).toBe(true);
    },
  );
});

describe.each(['staging', 'production'] as const)('in %s', (account) => {
  const cluster = `prover-cluster-${account}`;
  const own = { 'aws:ResourceTag/Stack': cluster };
  const instance = (role: string) => principal(account, `${cluster}-${role}-role`);
  const path = `/boundless/${account}/prover-cluster`;
  const readable = { manager: ['wallet-key', 'rpc-urls', 'order-stream-url'], prover: [] };
  const viaSecrets = { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` };

  test.each(['manager', 'prover'] as const)('a %s boots, logs, measures and drains', (role) => {
    const who = instance(role);
    const group = arn('autoscaling', account, `autoScalingGroup:1:autoScalingGroupName/${cluster}-${role}`);
    const calls: readonly Call[] = [
      ['ssm:GetParameter', arn('ssm', account, `parameter${path}/settings`)],
      ['logs:PutLogEvents', arn('logs', account, `log-group:${path}/${role}:log-stream:i-1`)],
      ['cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'BoundlessProverCluster' }],
      ['autoscaling:CompleteLifecycleAction', group],
      ['autoscaling:RecordLifecycleActionHeartbeat', group],
      ['autoscaling:SetInstanceHealth', group],
      ['ssmmessages:OpenControlChannel', '*'],
      ...(role === 'manager'
        ? ([
            ['ec2:AttachVolume', ec2(account, 'volume'), own],
            ['ec2:AttachVolume', ec2(account, 'instance'), own],
            ['ec2:AssignPrivateIpAddresses', ec2(account, 'network-interface'), own],
          ] as const)
        : []),
    ];
    expect(calls.filter(([action, resource, context = {}]) => !may(who, action, resource, { context }))).toEqual([]);
    for (const name of ['database-password', 'valkey-password', 'storage', ...readable[role]])
      expect([name, mayOnSecret(who, 'secretsmanager:GetSecretValue', account, name)]).toEqual([name, true]);
    expect(mayOnClusterKey(who, 'kms:Decrypt', account, viaSecrets)).toBe(true);
  });

  test("the function rotates the storage's key", () => {
    const who = instance('storage-keys');
    const user = `arn:aws:iam::${accounts[account]}:user/${cluster}-storage`;
    for (const action of ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:ListAccessKeys'])
      expect([action, may(who, action, user)]).toEqual([action, true]);
    for (const action of ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'])
      expect([action, mayOnSecret(who, `secretsmanager:${action}`, account, 'storage')]).toEqual([action, true]);
    for (const action of ['kms:Decrypt', 'kms:GenerateDataKey'])
      expect([action, mayOnClusterKey(who, action, account, viaSecrets)]).toEqual([action, true]);
    expect(
      may(
        who,
        'logs:PutLogEvents',
        arn('logs', account, 'log-group:/aws/lambda/prover-cluster-storage-keys:log-stream:x'),
      ),
    ).toBe(true);
  });

  // What the AWS provider and a rollout call for a cluster with a network of its own.
  test('the deployment role deploys the cluster', () => {
    const made = (by: string) => ({ 'aws:RequestTag/Stack': cluster, 'ec2:CreateAction': by });
    const request = { 'aws:RequestTag/Stack': cluster };
    const template = { 'ec2:LaunchTemplate': ec2(account, 'launch-template') };
    const viaEc2 = { 'kms:ViaService': `ec2.${region}.amazonaws.com` };
    const pass = (role: string, service: string): Call => [
      'iam:PassRole',
      `arn:aws:iam::${accounts[account]}:role/${cluster}-${role}-role`,
      { 'iam:PassedToService': service },
    ];
    const calls: readonly Call[] = [
      ['ec2:CreateVpc', ec2(account, 'vpc'), request],
      ['ec2:CreateTags', ec2(account, 'vpc'), made('CreateVpc')],
      // The default group, which has no tags (terraform-provider-aws, `resourceDefaultSecurityGroupCreate`).
      ['ec2:RevokeSecurityGroupEgress', ec2(account, 'security-group')],
      ['ec2:RevokeSecurityGroupIngress', ec2(account, 'security-group')],
      ['ec2:CreateSubnet', ec2(account, 'subnet'), request],
      ['ec2:CreateSubnet', ec2(account, 'vpc'), own],
      ['ec2:CreateTags', ec2(account, 'subnet'), made('CreateSubnet')],
      ['ec2:CreateSecurityGroup', ec2(account, 'security-group'), request],
      ['ec2:CreateTags', ec2(account, 'security-group'), made('CreateSecurityGroup')],
      ['ec2:AuthorizeSecurityGroupIngress', ec2(account, 'security-group-rule'), request],
      ['ec2:AuthorizeSecurityGroupIngress', ec2(account, 'security-group'), own],
      ['ec2:CreateTags', ec2(account, 'security-group-rule'), made('AuthorizeSecurityGroupIngress')],
      ['ec2:CreateTags', ec2(account, 'security-group-rule'), made('AuthorizeSecurityGroupEgress')],
      ['ec2:CreateLaunchTemplate', ec2(account, 'launch-template'), request],
      ['ec2:CreateTags', ec2(account, 'launch-template'), made('CreateLaunchTemplate')],
      ['ec2:CreateLaunchTemplateVersion', ec2(account, 'launch-template'), own],
      ['ec2:CreateVolume', ec2(account, 'volume'), request],
      ['ec2:CreateTags', ec2(account, 'volume'), made('CreateVolume')],
      ['ec2:RunInstances', ec2(account, 'launch-template'), own],
      ['ec2:RunInstances', ec2(account, 'instance'), template],
      ['ec2:RunInstances', ec2(account, 'subnet'), template],
      ['ec2:RunInstances', image, { ...template, 'ec2:Owner': accounts.ops }],
      ['ec2:CreateTags', ec2(account, 'instance'), made('RunInstances')],
      pass('manager', 'ec2.amazonaws.com'),
      pass('prover', 'ec2.amazonaws.com'),
      pass('flow-logs', 'vpc-flow-logs.amazonaws.com'),
      pass('snapshots', 'dlm.amazonaws.com'),
      [
        'autoscaling:StartInstanceRefresh',
        arn('autoscaling', account, `autoScalingGroup:1:autoScalingGroupName/${cluster}-manager`),
      ],
      ['ssm:PutParameter', arn('ssm', account, `parameter${path}/settings`)],
      ['ssm:PutParameter', arn('ssm', account, `parameter${path}/rollout`)],
      ['cloudwatch:PutMetricAlarm', arn('cloudwatch', account, `alarm:${cluster}-no-manager`)],
      ['logs:CreateLogGroup', arn('logs', account, `log-group:${path}/manager`)],
      ['sns:CreateTopic', arn('sns', account, `${cluster}-alarms`)],
      ['s3:PutObject', `arn:aws:s3:::boundless-terraform-state-${accounts[account]}-${region}/${cluster}.tfstate`],
    ];
    const who = principal(account, 'boundless-deployment-role');
    expect(calls.filter(([action, resource, context = {}]) => !may(who, action, resource, { context }))).toEqual([]);
    for (const action of ['kms:CreateGrant', 'kms:Decrypt', 'kms:GenerateDataKeyWithoutPlaintext'])
      expect([action, mayOnClusterKey(who, action, account, viaEc2)]).toEqual([action, true]);
    expect(mayOnClusterKey(who, 'kms:DescribeKey', account)).toBe(true);
  });

  test('the builds take the roles of their step, and the plan finds the key and writes its artifact', () => {
    if (account === 'production') {
      expect(mayTake(principal('ops', `${cluster}-plan-role`), account, 'boundless-plan-role')).toBe(true);
      const context = { 'aws:ResourceAccount': accounts.ops };
      const object = 'arn:aws:s3:::prover-cluster-production-artifacts-111111111111/prover-cluster-produ/plan/abcdefg';
      expect(may(principal('ops', `${cluster}-plan-role`), 's3:PutObject', object, { context })).toBe(true);
    }
    expect(mayTake(principal('ops', `${cluster}-deployment-role`), account, 'boundless-deployment-role')).toBe(true);
    expect(mayOnClusterKey(principal(account, 'boundless-plan-role'), 'kms:DescribeKey', account)).toBe(true);
  });

  test('administrators read and set secrets', () => {
    const sso = 'aws-reserved/sso.amazonaws.com/us-west-2/AWSReservedSSO_AdministratorAccess_0123456789abcdef';
    for (const role of [sso, 'OrganizationAccountAccessRole'])
      for (const action of ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'])
        expect([role, action, mayOnSecret(administrator(account, role), action, account, 'wallet-key')]).toEqual([
          role,
          action,
          true,
        ]);
    const root = { ...administrator(account), arn: `arn:aws:iam::${accounts[account]}:root` };
    expect(mayOnSecret(root, 'secretsmanager:GetSecretValue', account, 'wallet-key')).toBe(true);
    expect(secretArn(account, 'wallet-key')).toContain(accounts[account]);
  });
});

test('the service control policy of docs/security.md stops people, and neither pipelines nor who deploys ops', () => {
  const [, json = ''] = /```json\n([^]*?)```/.exec(readFileSync('docs/security.md', 'utf8')) ?? [];
  const { Statement } = JSON.parse(json) as { Statement: PolicyStatement[] };
  const project = arn('codebuild', 'ops', 'project/prover-cluster-production-deployment');
  const starts = (role: string) => {
    const person = administrator('ops', role);
    return isAllowed(
      { ...person, statements: [...person.statements, ...Statement] },
      { action: 'codebuild:StartBuild', resource: project },
    );
  };
  expect(starts('Developer')).toBe(false);
  expect(starts('prover-cluster-production-pipeline-role')).toBe(true);
  expect(starts('aws-reserved/sso.amazonaws.com/us-west-2/AWSReservedSSO_AdministratorAccess_0123')).toBe(true);
});
