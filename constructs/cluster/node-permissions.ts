import {
  clusterParameters,
  clusterPath,
  clusterSecrets,
  logGroups,
  nodeMetricNamespace,
  nodeRoles,
  scalingGroup,
  stacks,
  type ClusterSecret,
  type NodeRole,
} from '../../config/names';
import type { Statement } from '../base/policy';
import { sessionAgentStatement } from '../base/session-agent';

export interface NodeAccount {
  readonly environment: string;
  readonly accountId: string;
  readonly region: string;
}

/** What a machine of a role may do: what its boot code asks for (docs/boot.md), what ships its logs, and Session Manager. */
export function nodePermissions(account: NodeAccount, role: NodeRole): Statement[] {
  const { environment, accountId, region } = account;
  const path = clusterPath(environment);
  const secrets = (Object.keys(clusterSecrets) as ClusterSecret[]).filter((name) =>
    (clusterSecrets[name] as readonly NodeRole[]).includes(role),
  );
  const logs = `arn:aws:logs:${region}:${accountId}:log-group:${logGroups.node(environment, role)}`;
  return [
    sessionAgentStatement(),
    {
      Sid: 'ReadSettings',
      Action: 'ssm:GetParameter',
      Resource: clusterParameters
        .filter((name) => name !== 'broker' || role === 'manager')
        .map((name) => `arn:aws:ssm:${region}:${accountId}:parameter${path}/${name}`),
    },
    {
      // Secrets Manager adds six characters of its own to a name.
      Sid: 'ReadSecrets',
      Action: 'secretsmanager:GetSecretValue',
      Resource: secrets.map((name) => `arn:aws:secretsmanager:${region}:${accountId}:secret:${path}/${name}-??????`),
    },
    {
      Sid: 'DecryptSecrets',
      Action: 'kms:Decrypt',
      Resource: `arn:aws:kms:${region}:${accountId}:key/*`,
      Condition: {
        StringEquals: {
          'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
          'aws:ResourceTag/Stack': stacks.cluster(environment),
        },
      },
    },
    {
      Sid: 'ShipLogs',
      Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      Resource: `${logs}:*`,
    },
    findLogGroups(region),
    {
      // PutMetricData has no resources (Service Authorization Reference, "Amazon CloudWatch").
      Sid: 'Measure',
      Action: 'cloudwatch:PutMetricData',
      Resource: '*',
      Condition: { StringEquals: { 'cloudwatch:namespace': nodeMetricNamespace } },
    },
    {
      Sid: 'CompleteHooks',
      Action: ['autoscaling:CompleteLifecycleAction', 'autoscaling:RecordLifecycleActionHeartbeat'],
      Resource: `arn:aws:autoscaling:${region}:${accountId}:autoScalingGroup:*:autoScalingGroupName/${scalingGroup(environment, role)}`,
    },
    {
      // A machine that has failed for good: the action knows groups, and no single instance (Service Authorization
      // Reference, "Amazon EC2 Auto Scaling").
      Sid: 'ReplaceItself',
      Action: 'autoscaling:SetInstanceHealth',
      Resource: `arn:aws:autoscaling:${region}:${accountId}:autoScalingGroup:*:autoScalingGroupName/${scalingGroup(environment, role)}`,
    },
    ...(role === 'manager' ? managerPermissions(account) : []),
  ];
}

/**
 * Vector looks for its log group before it sends anything, by DescribeLogGroups, which has no resource (Vector, "AWS
 * Cloudwatch logs" sink, `healthcheck`; Service Authorization Reference, "Amazon CloudWatch Logs").
 */
const findLogGroups = (region: string): Statement => ({
  Sid: 'FindLogGroups',
  Action: 'logs:DescribeLogGroups',
  Resource: '*',
  Condition: { StringEquals: { 'aws:RequestedRegion': region } },
});

/** The data volume and the address: those of this cluster, and no others. */
function managerPermissions({ environment, accountId, region }: NodeAccount): Statement[] {
  const ec2 = (type: string) => `arn:aws:ec2:${region}:${accountId}:${type}/*`;
  const own = { StringEquals: { 'aws:ResourceTag/Stack': stacks.cluster(environment) } };
  return [
    {
      // Describe actions have no resources (Service Authorization Reference, "Amazon EC2").
      Sid: 'FindVolume',
      Action: 'ec2:DescribeVolumes',
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestedRegion': region } },
    },
    { Sid: 'AttachVolume', Action: 'ec2:AttachVolume', Resource: [ec2('volume'), ec2('instance')], Condition: own },
    {
      // Whoever attaches an encrypted volume lets EC2 use its key (Amazon EBS User Guide, "How Amazon EBS encryption
      // works").
      Sid: 'UseVolumeKey',
      Action: 'kms:CreateGrant',
      Resource: `arn:aws:kms:${region}:${accountId}:key/*`,
      Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' }, ...own },
    },
    {
      Sid: 'TakeAddress',
      Action: 'ec2:AssignPrivateIpAddresses',
      Resource: ec2('network-interface'),
      Condition: own,
    },
  ];
}

/**
 * What flow logs of the network are written with (Amazon VPC User Guide, "IAM role for publishing flow logs to CloudWatch
 * Logs"), without the right to make log groups.
 */
export const flowLogPermissions = ({ environment, accountId, region }: NodeAccount): Statement[] => [
  {
    Sid: 'WriteFlowLogs',
    Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
    Resource: `arn:aws:logs:${region}:${accountId}:log-group:${logGroups.flow(environment)}:*`,
  },
  findLogGroups(region),
];

/** What Data Lifecycle Manager makes and removes snapshots of the data volume with: of this cluster's, and no others. */
export function snapshotPermissions({ environment, accountId, region }: NodeAccount): Statement[] {
  const own = { StringEquals: { 'aws:ResourceTag/Stack': stacks.cluster(environment) } };
  const snapshots = `arn:aws:ec2:${region}::snapshot/*`;
  return [
    {
      Sid: 'CreateSnapshot',
      Action: 'ec2:CreateSnapshot',
      Resource: `arn:aws:ec2:${region}:${accountId}:volume/*`,
      Condition: own,
    },
    { Sid: 'KeepSnapshot', Action: 'ec2:CreateSnapshot', Resource: snapshots },
    {
      Sid: 'TagSnapshot',
      Action: 'ec2:CreateTags',
      Resource: snapshots,
      Condition: { StringEquals: { 'ec2:CreateAction': 'CreateSnapshot' } },
    },
    // A snapshot carries the tags of its volume.
    { Sid: 'DeleteSnapshot', Action: 'ec2:DeleteSnapshot', Resource: snapshots, Condition: own },
    {
      // Describe actions have no resources (Service Authorization Reference, "Amazon EC2").
      Sid: 'FindSnapshots',
      Action: ['ec2:DescribeInstances', 'ec2:DescribeSnapshots', 'ec2:DescribeVolumes'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestedRegion': region } },
    },
  ];
}

/** The most that a role of a cluster may ever do: all of the above together. */
export function boundaryStatements(account: NodeAccount): Statement[] {
  const all = [
    ...nodeRoles.flatMap((role) => nodePermissions(account, role)),
    ...flowLogPermissions(account),
    ...snapshotPermissions(account),
  ];
  const bySid = new Map<string, Statement>();
  for (const statement of all) {
    const known = bySid.get(statement.Sid);
    const resources = [...new Set([known?.Resource ?? [], statement.Resource ?? []].flat())];
    bySid.set(statement.Sid, { ...statement, Resource: resources.length === 1 ? (resources[0] ?? []) : resources });
  }
  return [...bySid.values()];
}
