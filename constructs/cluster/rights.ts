import { dashboards, pointerPath, policies, stacks } from '../../config/names';
import type { Statement } from '../base/policy';
import { own, taggedAsOwn } from './own-tag';
import type { Account } from '../base/account';

/** Roles and profiles of the cluster's instances start with the stack's name. */
const clusterIam = (account: Account, type: 'role' | 'instance-profile'): string =>
  account.globalArn('iam', `${type}/${stacks.cluster(account.environment)}-*`);

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
      Sid: 'ReadIam',
      Action: [
        'iam:GetInstanceProfile',
        'iam:GetRole',
        'iam:GetRolePolicy',
        'iam:ListAttachedRolePolicies',
        'iam:ListInstanceProfilesForRole',
        'iam:ListRolePolicies',
        'iam:ListRoleTags',
      ],
      Resource: [clusterIam(account, 'role'), clusterIam(account, 'instance-profile')],
    },
    {
      Sid: 'ReadPointers',
      Action: 'ssm:GetParameter',
      Resource: account.parameter(`${pointerPath}/*`),
    },
    { Sid: 'ReadDashboard', Action: 'cloudwatch:GetDashboard', Resource: dashboardOf(account) },
  ];
}

/** What Terraform changes: only what carries the stack's tag, and roles only below their boundary. */
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
      Sid: 'TagOnCreation',
      Action: 'ec2:CreateTags',
      Resource: resources,
      Condition: taggedAsOwn(account),
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
      // A caller that may write policies of roles could give itself all rights; the boundary prevents that.
      Sid: 'ChangeBoundedRoles',
      Action: ['iam:CreateRole', 'iam:DeleteRolePolicy', 'iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy'],
      Resource: clusterIam(account, 'role'),
      Condition: { ArnEquals: { 'iam:PermissionsBoundary': account.policy(policies.instanceBoundary) } },
    },
    {
      Sid: 'ChangeRolesAndProfiles',
      Action: [
        'iam:AddRoleToInstanceProfile',
        'iam:CreateInstanceProfile',
        'iam:DeleteInstanceProfile',
        'iam:DeleteRole',
        'iam:RemoveRoleFromInstanceProfile',
        'iam:TagInstanceProfile',
        'iam:TagRole',
        'iam:UntagInstanceProfile',
        'iam:UntagRole',
        'iam:UpdateAssumeRolePolicy',
        'iam:UpdateRole',
        'iam:UpdateRoleDescription',
      ],
      Resource: [clusterIam(account, 'role'), clusterIam(account, 'instance-profile')],
    },
    {
      Sid: 'PassInstanceRoles',
      Action: 'iam:PassRole',
      Resource: clusterIam(account, 'role'),
      Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
    {
      Sid: 'ChangeDashboard',
      Action: ['cloudwatch:DeleteDashboards', 'cloudwatch:PutDashboard'],
      Resource: dashboardOf(account),
    },
  ];
}
