import {
  clusterPath,
  clusterSecrets,
  logGroups,
  instanceMetricNamespace,
  parametersOf,
  readsSecret,
  scalingGroup,
  stacks,
  type InstanceRole,
} from '../../../config/names';
import type { Statement } from '../../base/policy';
import { sessionAgentStatement } from '../../base/session-agent';
import { describeLogGroups } from '../../base/log-statements';
import { own } from '../own-tag';
import type { Account } from '../../base/account';

/** What an instance of a role may do: what its boot code asks for (docs/boot.md), what ships its logs, and Session Manager. */
export function run(account: Account, role: InstanceRole): Statement[] {
  const path = clusterPath(account.environment);
  const secrets = clusterSecrets.filter((name) => readsSecret(role, name));
  const logs = account.logGroup(logGroups.instance(account.environment, role));
  return [
    sessionAgentStatement(),
    {
      Sid: 'ReadSettings',
      Action: 'ssm:GetParameter',
      Resource: parametersOf(role).map((name) => account.parameter(`${path}/${name}`)),
    },
    {
      // Secrets Manager adds six characters of its own to a name.
      Sid: 'ReadSecrets',
      Action: 'secretsmanager:GetSecretValue',
      Resource: secrets.map((name) => account.arn('secretsmanager', `secret:${path}/${name}-??????`)),
    },
    {
      Sid: 'DecryptSecrets',
      Action: 'kms:Decrypt',
      Resource: account.keys,
      Condition: {
        StringEquals: {
          'kms:ViaService': `secretsmanager.${account.region}.amazonaws.com`,
          'aws:ResourceTag/Stack': stacks.cluster(account.environment),
        },
      },
    },
    {
      Sid: 'WriteLogs',
      Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      Resource: `${logs}:*`,
    },
    describeLogGroups(account),
    {
      // PutMetricData has no resources (Service Authorization Reference, "Amazon CloudWatch").
      Sid: 'PutMetrics',
      Action: 'cloudwatch:PutMetricData',
      Resource: '*',
      Condition: { StringEquals: { 'cloudwatch:namespace': instanceMetricNamespace } },
    },
    {
      Sid: 'CompleteLifecycleHooks',
      Action: ['autoscaling:CompleteLifecycleAction', 'autoscaling:RecordLifecycleActionHeartbeat'],
      Resource: account.arn(
        'autoscaling',
        `autoScalingGroup:*:autoScalingGroupName/${scalingGroup(account.environment, role)}`,
      ),
    },
    {
      // An instance that has failed for good: the action knows groups, and no single instance (Service Authorization
      // Reference, "Amazon EC2 Auto Scaling").
      Sid: 'MarkOwnGroupUnhealthy',
      Action: 'autoscaling:SetInstanceHealth',
      Resource: account.arn(
        'autoscaling',
        `autoScalingGroup:*:autoScalingGroupName/${scalingGroup(account.environment, role)}`,
      ),
    },
    ...(role === 'manager' ? managerPermissions(account) : []),
  ];
}

/** The data volume and the address: those of this cluster, and no others. */
function managerPermissions(account: Account): Statement[] {
  const ec2 = (type: string) => account.arn('ec2', `${type}/*`);
  return [
    {
      // Describe actions have no resources (Service Authorization Reference, "Amazon EC2").
      Sid: 'DescribeVolumes',
      Action: 'ec2:DescribeVolumes',
      Resource: '*',
      Condition: account.inRegion,
    },
    {
      Sid: 'AttachVolume',
      Action: 'ec2:AttachVolume',
      Resource: [ec2('volume'), ec2('instance')],
      Condition: own(account),
    },
    {
      // The caller that attaches an encrypted volume lets EC2 use its key (Amazon EBS User Guide, "How Amazon EBS encryption
      // works").
      Sid: 'UseVolumeKey',
      Action: 'kms:CreateGrant',
      Resource: account.keys,
      Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' }, ...own(account) },
    },
    {
      Sid: 'AssignPrivateAddress',
      Action: 'ec2:AssignPrivateIpAddresses',
      Resource: ec2('network-interface'),
      Condition: own(account),
    },
  ];
}
