import { FlowLog } from '@cdktf/provider-aws/lib/flow-log';
import { Construct } from 'constructs';
import { logGroups, roles } from '../../../config/names';
import { LogGroup } from '../../base/log-group';
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
    new FlowLog(this, 'Resource', {
      vpcId,
      trafficType: 'ALL',
      logDestinationType: 'cloud-watch-logs',
      logDestination: logs.arn,
      // The account's stack makes it.
      iamRoleArn: account.role(roles.flowLogs(environment)),
      maxAggregationInterval: 600,
    });
  }
}
