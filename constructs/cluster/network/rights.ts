import { clusterPath, logGroups, roles } from '../../../config/names';
import type { Statement } from '../../base/policy';
import type { Account } from '../../base/account';
import { describeLogGroups } from '../../base/log-statements';
import { own, taggedAsOwn } from '../own-tag';

const logGroupsOf = (account: Account): string => account.logGroup(`${clusterPath(account.environment)}/*`);

/** What Terraform reads of the network's ways, of the cluster's key and of logs. */
export const read = (account: Account): Statement[] => [
  {
    // These have no resources (Service Authorization Reference, "Amazon EC2", "Amazon CloudWatch Logs").
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
      'logs:DescribeLogGroups',
    ],
    Resource: '*',
    Condition: account.inRegion,
  },
  {
    Sid: 'ReadKey',
    Action: 'kms:DescribeKey',
    Resource: account.keys,
    Condition: own(account),
  },
  { Sid: 'ReadLogGroups', Action: 'logs:ListTagsForResource', Resource: logGroupsOf(account) },
];

/** What Terraform changes of them: only what carries the stack's tag, or its name where there are no tags. */
export function change(account: Account): Statement[] {
  const made = ['elastic-ip', 'internet-gateway', 'natgateway', 'route-table', 'vpc-endpoint', 'vpc-flow-log'];
  const within = ['elastic-ip', 'route-table', 'security-group', 'subnet', 'vpc'];
  return [
    {
      Sid: 'CreateNetworkResources',
      Action: ['ec2:AllocateAddress', 'ec2:CreateFlowLogs', 'ec2:CreateInternetGateway', 'ec2:CreateRouteTable'],
      Resource: account.ec2('elastic-ip', 'internet-gateway', 'route-table', 'vpc-flow-log'),
      Condition: taggedAsOwn(account),
    },
    {
      Sid: 'CreateGatewaysAndEndpoints',
      Action: ['ec2:CreateNatGateway', 'ec2:CreateVpcEndpoint'],
      Resource: account.ec2('natgateway', 'vpc-endpoint'),
      Condition: taggedAsOwn(account),
    },
    {
      Sid: 'CreateInOwnNetwork',
      Action: ['ec2:CreateFlowLogs', 'ec2:CreateNatGateway', 'ec2:CreateVpcEndpoint'],
      Resource: account.ec2(...within),
      Condition: own(account),
    },
    {
      Sid: 'CreateRouteTablesInOwnVpc',
      Action: 'ec2:CreateRouteTable',
      Resource: account.ec2('vpc'),
      Condition: own(account),
    },
    {
      // While they are made, and at no other time: what belongs to others must not be labelled as own.
      Sid: 'TagNetworkResources',
      Action: 'ec2:CreateTags',
      Resource: account.ec2(...made),
      Condition: {
        StringEquals: {
          ...taggedAsOwn(account).StringEquals,
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
      Sid: 'ChangeOwnNetworkResources',
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
      Resource: account.ec2(...new Set([...made, ...within])),
      Condition: own(account),
    },
    {
      // Neither reservations nor addresses of gateways can be distinguished by a tag: the first have no resource (Service
      // Authorization Reference, "Amazon EC2"), and EC2 tags no interface of a gateway, whose address must be own.
      Sid: 'DeleteCidrReservations',
      Action: 'ec2:DeleteSubnetCidrReservation',
      Resource: '*',
      Condition: account.inRegion,
    },
    { Sid: 'DisassociateAddresses', Action: 'ec2:DisassociateAddress', Resource: account.ec2('network-interface') },
    {
      // EC2 associates the private zone of an interface endpoint with its VPC by the caller's rights.
      Sid: 'AssociatePrivateDns',
      Action: 'route53:AssociateVPCWithHostedZone',
      Resource: 'arn:aws:route53:::hostedzone/*',
    },
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
      Sid: 'PassFlowLogsRole',
      Action: 'iam:PassRole',
      Resource: account.role(roles.flowLogs(account.environment)),
      Condition: { StringEquals: { 'iam:PassedToService': 'vpc-flow-logs.amazonaws.com' } },
    },
  ];
}

/**
 * What flow logs of the network are written with (Amazon VPC User Guide, "IAM role for publishing flow logs to CloudWatch
 * Logs"), without the right to make log groups.
 */
export const run = (account: Account): Statement[] => [
  {
    Sid: 'WriteFlowLogs',
    Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
    Resource: account.logGroup(`${logGroups.flow(account.environment)}:*`),
  },
  describeLogGroups(account),
];
