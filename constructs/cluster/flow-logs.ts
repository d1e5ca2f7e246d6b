import { FlowLog } from '@cdktf/provider-aws/lib/flow-log';
import { Construct } from 'constructs';
import { arns, logGroups, policies, roles } from '../../config/names';
import { LogGroup } from '../base/log-group';
import { serviceTrust } from '../base/policy';
import { Role } from '../base/role';
import { flowLogPermissions } from './node-permissions';

export interface FlowLogsProps {
  readonly environment: string;
  readonly accountId: string;
  readonly region: string;
  readonly vpcId: string;
  readonly kmsKeyArn: string;
  readonly logRetentionDays: number;
}

/** Who talked to whom, and who was refused. */
export class FlowLogs extends Construct {
  constructor(scope: Construct, id: string, props: FlowLogsProps) {
    super(scope, id);
    const { environment, accountId, vpcId, kmsKeyArn, logRetentionDays } = props;
    const logs = new LogGroup(this, 'Logs', {
      name: logGroups.flow(environment),
      retentionDays: logRetentionDays,
      kmsKeyArn,
    });
    const role = new Role(this, 'Role', {
      name: roles.flowLogs(environment),
      description: `Writes the flow logs of ${environment}`,
      trust: serviceTrust('vpc-flow-logs.amazonaws.com'),
      permissionsBoundary: arns.policy(accountId, policies.nodeBoundary),
      statements: flowLogPermissions(props),
    });
    new FlowLog(this, 'Resource', {
      vpcId,
      trafficType: 'ALL',
      logDestinationType: 'cloud-watch-logs',
      logDestination: logs.arn,
      iamRoleArn: role.arn,
      maxAggregationInterval: 600,
      // What is written before the role may write is lost.
      dependsOn: [role.permissions],
    });
  }
}
