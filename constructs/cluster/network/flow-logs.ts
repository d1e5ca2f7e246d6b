import { FlowLog } from '@cdktf/provider-aws/lib/flow-log';
import { Construct } from 'constructs';
import { logGroups, policies, roles } from '../../../config/names';
import { LogGroup } from '../../base/log-group';
import { serviceTrust } from '../../base/policy';
import { Role } from '../../base/role';
import { run } from './rights';
import { AccountStack } from '../../base/account-stack';

export interface FlowLogsProps {
  readonly vpcId: string;
  readonly kmsKeyArn: string;
  readonly logRetentionDays: number;
}

/** Who talked to whom, and who was refused. */
export class FlowLogs extends Construct {
  constructor(scope: Construct, id: string, props: FlowLogsProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const { environment } = account;
    const { vpcId, kmsKeyArn, logRetentionDays } = props;
    const logs = new LogGroup(this, 'Logs', {
      name: logGroups.flow(environment),
      retentionDays: logRetentionDays,
      kmsKeyArn,
    });
    const role = new Role(this, 'Role', {
      name: roles.flowLogs(environment),
      description: `Writes the flow logs of ${environment}`,
      trust: serviceTrust('vpc-flow-logs.amazonaws.com'),
      permissionsBoundary: account.policy(policies.instanceBoundary),
      statements: run(account),
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
