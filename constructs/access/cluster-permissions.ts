import {
  arns,
  dashboards,
  imageOfRole,
  nodeRoles,
  pointerName,
  pointerPath,
  policies,
  stacks,
  stateBucket,
  validatedImagesName,
  stateKey,
} from '../../config/names';
import type { Statement } from '../base/policy';

/** The service account whose cluster is deployed. */
export interface ClusterAccount {
  readonly environment: string;
  readonly accountId: string;
  readonly region: string;
}

const ec2 = ({ region, accountId }: ClusterAccount, type: string): string =>
  `arn:aws:ec2:${region}:${accountId}:${type}/*`;

/** Roles and profiles of the cluster's machines start with the stack's name. */
const clusterIam = ({ accountId, environment }: ClusterAccount, type: 'role' | 'instance-profile'): string =>
  `arn:aws:iam::${accountId}:${type}/${stacks.cluster(environment)}-*`;

/** Dashboards belong to no region, and carry no tags: the name is what tells them apart. */
const dashboardOf = ({ accountId, environment }: ClusterAccount): string =>
  `arn:aws:cloudwatch::${accountId}:dashboard/${dashboards.cluster(environment)}`;

/** What Terraform reads to compare the cluster with its configuration. */
export function readCluster(account: ClusterAccount): Statement[] {
  const { region, accountId } = account;
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
      Condition: { StringEquals: { 'aws:RequestedRegion': region } },
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
      Resource: `arn:aws:ssm:${region}:${accountId}:parameter${pointerPath}/*`,
    },
    { Sid: 'ReadDashboard', Action: 'cloudwatch:GetDashboard', Resource: dashboardOf(account) },
  ];
}

/** What Terraform changes: only what carries the stack's tag, and roles only below their boundary. */
export function changeCluster(account: ClusterAccount): Statement[] {
  const { environment, accountId } = account;
  const stack = stacks.cluster(environment);
  const parts = ['vpc', 'subnet', 'security-group', 'security-group-rule', 'launch-template'].map((type) =>
    ec2(account, type),
  );
  return [
    {
      Sid: 'CreateTaggedParts',
      Action: ['ec2:CreateLaunchTemplate', 'ec2:CreateSecurityGroup', 'ec2:CreateSubnet'],
      Resource: [ec2(account, 'launch-template'), ec2(account, 'security-group'), ec2(account, 'subnet')],
      Condition: { StringEquals: { 'aws:RequestTag/Stack': stack } },
    },
    {
      Sid: 'CreateTaggedVpc',
      Action: 'ec2:CreateVpc',
      Resource: ec2(account, 'vpc'),
      Condition: { StringEquals: { 'aws:RequestTag/Stack': stack } },
    },
    {
      // A new rule has tags in its request alone; its group is own already (`ChangeOwnGroups`).
      Sid: 'CreateTaggedRules',
      Action: ['ec2:AuthorizeSecurityGroupEgress', 'ec2:AuthorizeSecurityGroupIngress'],
      Resource: ec2(account, 'security-group-rule'),
      Condition: { StringEquals: { 'aws:RequestTag/Stack': stack } },
    },
    {
      Sid: 'ChangeOwnGroups',
      Action: ['ec2:AuthorizeSecurityGroupEgress', 'ec2:AuthorizeSecurityGroupIngress'],
      Resource: ec2(account, 'security-group'),
      Condition: { StringEquals: { 'aws:ResourceTag/Stack': stack } },
    },
    {
      Sid: 'CreateWithinOwnParts',
      Action: ['ec2:CreateSecurityGroup', 'ec2:CreateSubnet'],
      Resource: ec2(account, 'vpc'),
      Condition: { StringEquals: { 'aws:ResourceTag/Stack': stack } },
    },
    {
      Sid: 'TagOnCreation',
      Action: 'ec2:CreateTags',
      Resource: parts,
      Condition: { StringEquals: { 'aws:RequestTag/Stack': stack } },
    },
    {
      Sid: 'ChangeOwnParts',
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
      Resource: parts,
      Condition: { StringEquals: { 'aws:ResourceTag/Stack': stack } },
    },
    {
      // Whoever may write policies of roles could give himself all rights; the boundary is what stops that.
      Sid: 'ChangeBoundedRoles',
      Action: ['iam:CreateRole', 'iam:DeleteRolePolicy', 'iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy'],
      Resource: clusterIam(account, 'role'),
      Condition: { ArnEquals: { 'iam:PermissionsBoundary': arns.policy(accountId, policies.nodeBoundary) } },
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
      Sid: 'GiveMachinesTheirRole',
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

/** Records that the environment has validated images: the pointers of the kinds that its instances run, and no other. */
export const validateImages = ({ region, accountId }: ClusterAccount): Statement => ({
  Sid: 'ValidateImages',
  Action: 'ssm:PutParameter',
  Resource: [...nodeRoles.map((role) => pointerName(imageOfRole[role], 'validated')), validatedImagesName].map(
    (name) => `arn:aws:ssm:${region}:${accountId}:parameter${name}`,
  ),
});

/**
 * The stack's own state, and the lock beside it: Terraform writes and removes `<key>.tflock` for every plan too
 * (cdktf.md 2.2). It also lists the states of other workspaces, below `env:/`, of which there are none.
 */
export function stateOfCluster(
  { environment, accountId, region }: ClusterAccount,
  access: 'read' | 'write',
): Statement[] {
  const bucket = `arn:aws:s3:::${stateBucket(accountId, region)}`;
  const key = stateKey(stacks.cluster(environment));
  return [
    {
      Sid: 'FindState',
      Action: 's3:ListBucket',
      Resource: bucket,
      Condition: { StringLike: { 's3:prefix': [key, `${key}.tflock`, 'env:/'] } },
    },
    {
      Sid: 'State',
      Action: access === 'write' ? ['s3:GetObject', 's3:PutObject'] : 's3:GetObject',
      Resource: `${bucket}/${key}`,
    },
    {
      Sid: 'StateLock',
      Action: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      Resource: `${bucket}/${key}.tflock`,
    },
  ];
}
