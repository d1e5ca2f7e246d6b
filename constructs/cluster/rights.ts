import { dashboards, instanceRoles, pointerPath, roles } from '../../config/names';
import type { Statement } from '../base/policy';
import { own, taggedAsOwn } from './own-tag';
import type { Account } from '../base/account';

/** Dashboards belong to no region, and carry no tags: only the name distinguishes them. */
const dashboardOf = (account: Account): string =>
  account.globalArn('cloudwatch', `dashboard/${dashboards.cluster(account.environment)}`);

/** What Terraform reads to compare the cluster with its configuration. */
export function read(account: Account): Statement[] {
  return [
    {
      // Describe actions have no resources (Service Authorization Reference, "Amazon EC2").
      Sid: 'ReadEc2',
      Action: [
        'ec2:DescribeAvailabilityZones',
        'ec2:DescribeImages',
        'ec2:DescribeInstanceTypes',
        'ec2:DescribeLaunchTemplateVersions',
        'ec2:DescribeLaunchTemplates',
        'ec2:DescribeNetworkAcls',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeRouteTables',
        'ec2:DescribeSecurityGroupRules',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeTags',
        'ec2:DescribeVpcAttribute',
        'ec2:DescribeVpcs',
      ],
      Resource: '*',
      Condition: account.inRegion,
    },
    {
      Sid: 'ReadPointers',
      Action: 'ssm:GetParameter',
      Resource: account.parameter(`${pointerPath}/*`),
    },
    { Sid: 'ReadDashboard', Action: 'cloudwatch:GetDashboard', Resource: dashboardOf(account) },
  ];
}

/** What Terraform changes: only what carries the stack's tag. It makes no role, and changes none. */
export function change(account: Account): Statement[] {
  const resources = account.ec2('vpc', 'subnet', 'security-group', 'security-group-rule', 'launch-template');
  return [
    {
      Sid: 'CreateTaggedResources',
      Action: ['ec2:CreateLaunchTemplate', 'ec2:CreateSecurityGroup', 'ec2:CreateSubnet'],
      Resource: account.ec2('launch-template', 'security-group', 'subnet'),
      Condition: taggedAsOwn(account),
    },
    {
      Sid: 'CreateTaggedVpc',
      Action: 'ec2:CreateVpc',
      Resource: account.arn('ec2', 'vpc/*'),
      Condition: taggedAsOwn(account),
    },
    {
      // A new rule has tags in its request alone; its group is own already (`ChangeOwnSecurityGroups`).
      Sid: 'CreateTaggedRules',
      Action: ['ec2:AuthorizeSecurityGroupEgress', 'ec2:AuthorizeSecurityGroupIngress'],
      Resource: account.arn('ec2', 'security-group-rule/*'),
      Condition: taggedAsOwn(account),
    },
    {
      Sid: 'ChangeOwnSecurityGroups',
      Action: ['ec2:AuthorizeSecurityGroupEgress', 'ec2:AuthorizeSecurityGroupIngress'],
      Resource: account.arn('ec2', 'security-group/*'),
      Condition: own(account),
    },
    {
      Sid: 'CreateInOwnVpc',
      Action: ['ec2:CreateSecurityGroup', 'ec2:CreateSubnet'],
      Resource: account.arn('ec2', 'vpc/*'),
      Condition: own(account),
    },
    {
      // While they are made, and at no other time: what belongs to others must not be labelled as own.
      Sid: 'TagOnCreation',
      Action: 'ec2:CreateTags',
      Resource: resources,
      Condition: {
        StringEquals: {
          ...taggedAsOwn(account).StringEquals,
          'ec2:CreateAction': [
            'AuthorizeSecurityGroupEgress',
            'AuthorizeSecurityGroupIngress',
            'CreateLaunchTemplate',
            'CreateSecurityGroup',
            'CreateSubnet',
            'CreateVpc',
          ],
        },
      },
    },
    {
      Sid: 'ChangeOwnResources',
      Action: [
        'ec2:CreateLaunchTemplateVersion',
        'ec2:CreateTags',
        'ec2:DeleteLaunchTemplate',
        'ec2:DeleteLaunchTemplateVersions',
        'ec2:DeleteSecurityGroup',
        'ec2:DeleteSubnet',
        'ec2:DeleteTags',
        'ec2:DeleteVpc',
        'ec2:ModifyLaunchTemplate',
        'ec2:ModifySecurityGroupRules',
        'ec2:ModifySubnetAttribute',
        'ec2:ModifyVpcAttribute',
        'ec2:RevokeSecurityGroupEgress',
        'ec2:RevokeSecurityGroupIngress',
      ],
      Resource: resources,
      Condition: own(account),
    },
    {
      // The default group of a new VPC: EC2 makes it without tags, and who could tag it could tag groups of others.
      Sid: 'EmptyUntaggedGroups',
      Action: ['ec2:RevokeSecurityGroupEgress', 'ec2:RevokeSecurityGroupIngress'],
      Resource: account.ec2('security-group'),
      Condition: { Null: { 'aws:ResourceTag/Stack': 'true' } },
    },
    {
      Sid: 'PassInstanceRoles',
      Action: 'iam:PassRole',
      Resource: instanceRoles.map((role) => account.role(roles.instance(account.environment, role))),
      Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
    {
      Sid: 'ChangeDashboard',
      Action: ['cloudwatch:DeleteDashboards', 'cloudwatch:PutDashboard'],
      Resource: dashboardOf(account),
    },
  ];
}
