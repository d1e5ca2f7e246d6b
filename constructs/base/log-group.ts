import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { Construct } from 'constructs';
import type { Statement } from './policy';

export interface LogGroupProps {
  readonly name: string;
  readonly retentionDays: number;
  /** ARN of the key that encrypts the logs; its policy must let CloudWatch Logs use it. */
  readonly kmsKeyArn: string;
}

/** An encrypted log group that forgets. */
export class LogGroup extends Construct {
  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, props: LogGroupProps) {
    super(scope, id);
    const group = new CloudwatchLogGroup(this, 'Resource', {
      name: props.name,
      retentionInDays: props.retentionDays,
      kmsKeyId: props.kmsKeyArn,
    });
    this.name = group.name;
    this.arn = group.arn;
  }

  /** What a writer of these logs needs; it can't make other groups. */
  writeStatement(): Statement {
    return { Sid: 'WriteLogs', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: `${this.arn}:*` };
  }
}
