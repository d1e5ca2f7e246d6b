import { identityPolicy, listOf } from '../support/policies';
import { stackOf, synthesize } from '../support/synthesized';

const statements = identityPolicy(stackOf(synthesize(), 'ops'), 'packer-build-role').filter(
  ({ Effect }) => Effect === 'Allow',
);
const granted = new Set(statements.flatMap(({ Action }) => listOf(Action)));

/**
 * What a build calls, recorded from unmodified bakes with Packer 1.14.3 and its amazon plugin 1.8.1. ModifyImageAttribute
 * was among them; the templates no longer set what takes it (`__tests__/packer/templates.test.ts`).
 */
const recorded = [
  'ec2:CreateFleet',
  'ec2:CreateImage',
  'ec2:CreateKeyPair',
  'ec2:CreateLaunchTemplate',
  'ec2:CreateSecurityGroup',
  'ec2:CreateTags',
  'ec2:DeleteKeyPair',
  'ec2:DeleteLaunchTemplate',
  'ec2:DeleteSecurityGroup',
  'ec2:DescribeImages',
  'ec2:DescribeInstanceStatus',
  'ec2:DescribeInstances',
  'ec2:DescribeRegions',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVolumes',
  'ec2:RunInstances',
  'ec2:StopInstances',
  'ec2:TerminateInstances',
  'iam:GetInstanceProfile',
  'ssm:StartSession',
  'ssm:TerminateSession',
];

/** What is granted beside the plugin's calls, each with its reason. */
const others: Readonly<Record<string, string>> = {
  'codebuild:BatchGetBuilds': 'packer/build/find-image.sh asks whether a build exported an image',
  'ec2:DescribeFleets': 'packer/build/spot-failure.sh asks why a fleet launched nothing',
  'ec2:DescribeKeyPairs': 'packer/build/end-leftovers.sh looks for what a crash left',
  'ec2:DescribeLaunchTemplates': 'as ec2:DescribeKeyPairs',
  'iam:PassRole': 'RunInstances gives the builder its profile',
  'kms:CreateGrant': 'EC2 encrypts volumes and images by the rights of the caller',
  'kms:Decrypt': 'as kms:CreateGrant',
  'kms:DescribeKey': 'as kms:CreateGrant',
  'kms:Encrypt': 'as kms:CreateGrant',
  'kms:GenerateDataKeyWithoutPlaintext': 'as kms:CreateGrant',
  'kms:ReEncryptFrom': 'as kms:CreateGrant',
  'kms:ReEncryptTo': 'as kms:CreateGrant',
  'logs:CreateLogStream': 'CodeBuild writes the log of the build',
  'logs:PutLogEvents': 'CodeBuild writes the log of the build',
  'ssm:ResumeSession': 'the session manager plugin takes a broken session up again',
  'ssmmessages:OpenDataChannel': "newer session manager plugins open the channel with the caller's rights",
};

test.each(recorded)('a bake may call %s', (action) => {
  expect(granted).toContain(action);
});

test('nothing is granted that no build calls', () => {
  expect([...granted].filter((action) => !recorded.includes(action) && !(action in others))).toEqual([]);
  expect(Object.keys(others).filter((action) => !granted.has(action))).toEqual([]);
});

test('sessions are resumed, ended and opened only where the build itself opened them', () => {
  for (const action of ['ssm:ResumeSession', 'ssm:TerminateSession', 'ssmmessages:OpenDataChannel'])
    expect(statements.filter(({ Action }) => listOf(Action).includes(action)).map(({ Resource }) => Resource)).toEqual([
      'arn:aws:ssm:us-west-2:111111111111:session/AWSCodeBuild-*',
    ]);
});
