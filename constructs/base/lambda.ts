import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function';
import { AssetType, TerraformAsset, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { OccurrenceAlarm, type Alarm } from './alarm';
import type { DeadLetterQueue } from './dead-letter-queue';
import { LogGroup } from './log-group';
import { serviceTrust, type Statement } from './policy';
import { Role } from './role';

export interface LambdaProps {
  readonly functionName: string;
  readonly roleName: string;
  readonly description: string;
  /** Path of the archive that `lambda/archive/archive.ts` built. */
  readonly archive: string;
  readonly logGroupName: string;
  readonly logRetentionDays: number;
  readonly kmsKeyArn: string;
  readonly timeoutSeconds: number;
  /** Plain settings: a caller who may read the function's configuration reads these. */
  readonly environment: Readonly<Record<string, string>>;
  /** @default - none, where the caller tries again */
  readonly deadLetterQueue?: DeadLetterQueue;
  /** What the function may do beside writing its logs and leaving its failed events. */
  readonly statements: readonly Statement[];
  /**
   * ARN of the policy that caps the role.
   * @default - no cap
   */
  readonly permissionsBoundary?: string;
  /**
   * Topics that are notified of failures.
   * @default - none: its owner puts the alarm into a composite alarm
   */
  readonly alarmActions?: readonly string[];
}

/** A Lambda with a role, a log group and an alarm of its own; failed events end in the dead-letter queue. */
export class Lambda extends Construct {
  readonly arn: string;
  readonly name: string;
  readonly alarm: Alarm;
  /** For what must not call it before it may do its work. */
  readonly permissions: ITerraformDependable;

  constructor(scope: Construct, id: string, props: LambdaProps) {
    super(scope, id);
    const logs = new LogGroup(this, 'Logs', {
      name: props.logGroupName,
      retentionDays: props.logRetentionDays,
      kmsKeyArn: props.kmsKeyArn,
    });
    const role = new Role(this, 'Role', {
      name: props.roleName,
      description: props.description,
      trust: serviceTrust('lambda.amazonaws.com'),
      statements: [logs.writeStatement(), ...(props.deadLetterQueue?.sendStatements() ?? []), ...props.statements],
      ...(props.permissionsBoundary !== undefined && { permissionsBoundary: props.permissionsBoundary }),
    });
    const archive = new TerraformAsset(this, 'Archive', { path: path.resolve(props.archive), type: AssetType.FILE });
    const lambda = new LambdaFunction(this, 'Resource', {
      functionName: props.functionName,
      description: props.description,
      role: role.arn,
      runtime: 'nodejs24.x',
      architectures: ['arm64'],
      handler: 'index.handler',
      filename: archive.path,
      // TerraformAsset's own hash is an MD5 that AWS never returns: each plan would show a change
      // (docs/facts/cdktf.md#asset-hashes).
      sourceCodeHash: createHash('sha256').update(readFileSync(props.archive)).digest('base64'),
      memorySize: 256,
      timeout: props.timeoutSeconds,
      environment: { variables: { ...props.environment } },
      ...(props.deadLetterQueue !== undefined && { deadLetterConfig: { targetArn: props.deadLetterQueue.arn } }),
      loggingConfig: { logFormat: 'JSON', logGroup: logs.name },
      // Lambda tries whether the role may send to the queue (docs/facts/creation-order.md).
      dependsOn: [role.permissions],
    });
    this.alarm = new OccurrenceAlarm(this, 'Alarm', {
      name: `${props.functionName}-errors`,
      description: `${props.functionName} failed; the reason is in ${props.logGroupName}.`,
      namespace: 'AWS/Lambda',
      metric: 'Errors',
      dimensions: { FunctionName: props.functionName },
      statistic: 'Sum',
      periodSeconds: 300,
      actions: props.alarmActions ?? [],
    });
    this.permissions = role.permissions;
    this.arn = lambda.arn;
    this.name = lambda.functionName;
  }
}
