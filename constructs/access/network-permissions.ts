import { clusterPath, keyAliases, roles, stacks } from '../../config/names';
import type { Statement } from '../base/policy';
import type { ClusterAccount } from './cluster-permissions';

const ec2 = ({ region, accountId }: ClusterAccount, ...types: readonly string[]): string[] =>
  types.map((type) => `arn:aws:ec2:${region}:${accountId}:${type}/*`);

const own = ({ environment }: ClusterAccount) => ({
  StringEquals: { 'aws:ResourceTag/Stack': stacks.cluster(environment) },
});

const logGroupsOf = ({ environment, region, accountId }: ClusterAccount): string =>
  `arn:aws:logs:${region}:${accountId}:log-group:${clusterPath(environment)}/*`;

/** What Terraform reads of the network's ways, of keys and of logs. */
export const readNetwork = (account: ClusterAccount): Statement[] => [
  {
    // These have no resources (Service Authorization Reference, "Amazon EC2", "AWS KMS", "Amazon CloudWatch Logs").
    Sid: 'ReadNetwork',
    Action: [
      'ec2:DescribeAddresses',
      'ec2:DescribeAddressesAttribute',
      'ec2:DescribeFlowLogs',
      'ec2:DescribeInternetGateways',
      'ec2:DescribeNatGateways',
      'ec2:DescribePrefixLists',
      'ec2:DescribeVpcEndpoints',
      'ec2:GetSubnetCidrReservations',
      'kms:ListAliases',
      'logs:DescribeLogGroups',
    ],
    Resource: '*',
    Condition: { StringEquals: { 'aws:RequestedRegion': account.region } },
  },
  {
    Sid: 'ReadKey',
    Action: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus', 'kms:ListResourceTags'],
    Resource: `arn:aws:kms:${account.region}:${account.accountId}:key/*`,
    Condition: own(account),
  },
  { Sid: 'ReadLogGroups', Action: 'logs:ListTagsForResource', Resource: logGroupsOf(account) },
];

/** What Terraform changes of them: only what carries the stack's tag, or its name where there are no tags. */
export function changeNetwork(account: ClusterAccount): Statement[] {
  const { environment, region, accountId } = account;
  const stack = stacks.cluster(environment);
  const made = ['elastic-ip', 'internet-gateway', 'natgateway', 'route-table', 'vpc-endpoint', 'vpc-flow-log'];
  const within = ['elastic-ip', 'route-table', 'security-group', 'subnet', 'vpc'];
  const key = `arn:aws:kms:${region}:${accountId}:key/*`;
  const alias = `arn:aws:kms:${region}:${accountId}:${keyAliases.cluster(environment)}`;
  const taggedAsOwn = { StringEquals: { 'aws:RequestTag/Stack': stack } };
  return [
    {
      Sid: 'CreateWays',
      Action: ['ec2:AllocateAddress', 'ec2:CreateFlowLogs', 'ec2:CreateInternetGateway', 'ec2:CreateRouteTable'],
      Resource: ec2(account, 'elastic-ip', 'internet-gateway', 'route-table', 'vpc-flow-log'),
      Condition: taggedAsOwn,
    },
    {
      Sid: 'CreateGatewaysAndEndpoints',
      Action: ['ec2:CreateNatGateway', 'ec2:CreateVpcEndpoint'],
      Resource: ec2(account, 'natgateway', 'vpc-endpoint'),
      Condition: taggedAsOwn,
    },
    {
      Sid: 'CreateWaysWithinOwnParts',
      Action: ['ec2:CreateFlowLogs', 'ec2:CreateNatGateway', 'ec2:CreateVpcEndpoint'],
      Resource: ec2(account, ...within),
      Condition: own(account),
    },
    {
      Sid: 'CreateTablesInOwnVpc',
      Action: 'ec2:CreateRouteTable',
      Resource: ec2(account, 'vpc'),
      Condition: own(account),
    },
    {
      // While they are made, and at no other time: what belongs to others must not be labelled as own.
      Sid: 'TagWays',
      Action: 'ec2:CreateTags',
      Resource: ec2(account, ...made),
      Condition: {
        StringEquals: {
          ...taggedAsOwn.StringEquals,
          'ec2:CreateAction': [
            'AllocateAddress',
            'CreateFlowLogs',
            'CreateInternetGateway',
            'CreateNatGateway',
            'CreateRouteTable',
            'CreateVpcEndpoint',
          ],
        },
      },
    },
    {
      Sid: 'ChangeOwnWays',
      Action: [
        'ec2:AssociateRouteTable',
        'ec2:AttachInternetGateway',
        'ec2:CreateRoute',
        'ec2:CreateSubnetCidrReservation',
        'ec2:CreateTags',
        'ec2:DeleteFlowLogs',
        'ec2:DeleteInternetGateway',
        'ec2:DeleteNatGateway',
        'ec2:DeleteRoute',
        'ec2:DeleteRouteTable',
        'ec2:DeleteTags',
        'ec2:DeleteVpcEndpoints',
        'ec2:DetachInternetGateway',
        'ec2:DisassociateAddress',
        'ec2:DisassociateRouteTable',
        'ec2:ModifyVpcEndpoint',
        'ec2:ReleaseAddress',
        'ec2:ReplaceRoute',
      ],
      Resource: ec2(account, ...new Set([...made, ...within])),
      Condition: own(account),
    },
    {
      // Neither reservations nor addresses of gateways can be told apart by a tag: the first have no resource (Service
      // Authorization Reference, "Amazon EC2"), and EC2 tags no interface of a gateway, whose address must be own.
      Sid: 'DeleteReservations',
      Action: 'ec2:DeleteSubnetCidrReservation',
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestedRegion': region } },
    },
    { Sid: 'FreeAddresses', Action: 'ec2:DisassociateAddress', Resource: ec2(account, 'network-interface') },
    {
      // EC2 associates the private zone of an interface endpoint with its VPC by the caller's rights.
      Sid: 'NameEndpoints',
      Action: 'route53:AssociateVPCWithHostedZone',
      Resource: 'arn:aws:route53:::hostedzone/*',
    },
    { Sid: 'CreateKey', Action: ['kms:CreateKey', 'kms:TagResource'], Resource: '*', Condition: taggedAsOwn },
    {
      Sid: 'ChangeOwnKey',
      Action: [
        'kms:CreateAlias',
        'kms:DeleteAlias',
        'kms:EnableKeyRotation',
        'kms:PutKeyPolicy',
        'kms:ScheduleKeyDeletion',
        'kms:TagResource',
        'kms:UntagResource',
        'kms:UpdateAlias',
        'kms:UpdateKeyDescription',
      ],
      Resource: key,
      Condition: own(account),
    },
    { Sid: 'NameOwnKey', Action: ['kms:CreateAlias', 'kms:DeleteAlias', 'kms:UpdateAlias'], Resource: alias },
    {
      Sid: 'ChangeLogGroups',
      Action: [
        'logs:AssociateKmsKey',
        'logs:CreateLogGroup',
        'logs:DeleteLogGroup',
        'logs:PutRetentionPolicy',
        'logs:TagResource',
        'logs:UntagResource',
      ],
      Resource: logGroupsOf(account),
    },
    {
      Sid: 'GiveFlowLogsTheirRole',
      Action: 'iam:PassRole',
      Resource: `arn:aws:iam::${accountId}:role/${roles.flowLogs(environment)}`,
      Condition: { StringEquals: { 'iam:PassedToService': 'vpc-flow-logs.amazonaws.com' } },
    },
  ];
}
