import { CloudwatchEventRule } from '@cdktf/provider-aws/lib/cloudwatch-event-rule';
import { CloudwatchEventTarget } from '@cdktf/provider-aws/lib/cloudwatch-event-target';
import { LambdaPermission } from '@cdktf/provider-aws/lib/lambda-permission';
import { Construct } from 'constructs';
import { arns, codeBuildProjects, functions, logGroups, project, roles } from '../../config/names';
import { DeadLetterQueue } from '../base/dead-letter-queue';
import { Lambda } from '../base/lambda';
import type { Statement } from '../base/policy';

export interface SharingProps {
  readonly accountId: string;
  readonly region: string;
  readonly serviceAccountIds: readonly string[];
  readonly imageKeyArn: string;
  readonly operationsKeyArn: string;
  readonly logRetentionDays: number;
  readonly alarmActions: readonly string[];
  readonly archive: string;
}

/**
 * Shares every image whose build succeeded: EventBridge rule -> Lambda `packer-ami-sharing`. What can't be delivered
 * or handled ends in one dead-letter queue.
 */
export class Sharing extends Construct {
  constructor(scope: Construct, id: string, props: SharingProps) {
    super(scope, id);
    const { accountId } = props;
    const rule = new CloudwatchEventRule(this, 'Rule', {
      name: functions.sharing,
      description: `Builds of ${codeBuildProjects.packer} that succeeded`,
      eventPattern: JSON.stringify({
        source: ['aws.codebuild'],
        account: [accountId],
        'detail-type': ['CodeBuild Build State Change'],
        detail: { 'build-status': ['SUCCEEDED'], 'project-name': [codeBuildProjects.packer] },
      }),
    });
    const deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      name: `${functions.sharing}-dead-letters`,
      kmsKeyArn: props.operationsKeyArn,
      ruleArn: rule.arn,
      alarmActions: props.alarmActions,
    });
    const lambda = new Lambda(this, 'Function', {
      functionName: functions.sharing,
      roleName: roles.sharing,
      description: 'Shares finished images with the service accounts',
      archive: props.archive,
      logGroupName: logGroups.lambda(functions.sharing),
      logRetentionDays: props.logRetentionDays,
      kmsKeyArn: props.operationsKeyArn,
      // An image can stay invisible for minutes after its creation (ami-factory.md C3): waits need the room.
      timeoutSeconds: 600,
      environment: {
        OPS_ACCOUNT_ID: accountId,
        SERVICE_ACCOUNT_IDS: props.serviceAccountIds.join(','),
        AMI_KEY_ARN: props.imageKeyArn,
        BUILD_PROJECT: codeBuildProjects.packer,
      },
      deadLetterQueue: deadLetters,
      alarmActions: props.alarmActions,
      statements: this.statements(props),
    });
    new CloudwatchEventTarget(this, 'Target', {
      rule: rule.name,
      arn: lambda.arn,
      deadLetterConfig: { arn: deadLetters.arn },
      retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 20 },
    });
    new LambdaPermission(this, 'Invoke', {
      functionName: lambda.name,
      action: 'lambda:InvokeFunction',
      principal: 'events.amazonaws.com',
      sourceArn: rule.arn,
      sourceAccount: accountId,
    });
  }

  private statements({ accountId, region, serviceAccountIds }: SharingProps): Statement[] {
    return [
      {
        // These have no resources (Service Authorization Reference, "Amazon EC2"); reading is all they do.
        Sid: 'ReadImages',
        Action: ['ec2:DescribeImages', 'ec2:DescribeImageAttribute', 'ec2:DescribeSnapshots'],
        Resource: '*',
        Condition: { StringEquals: { 'aws:RequestedRegion': region } },
      },
      {
        Sid: 'ShareImagesOfThisFactory',
        Action: 'ec2:ModifyImageAttribute',
        Resource: `arn:aws:ec2:${region}::image/*`,
        Condition: {
          StringEquals: { 'aws:ResourceTag/ManagedBy': 'packer', 'aws:ResourceTag/Project': project },
        },
      },
      {
        Sid: 'ReadBuilds',
        Action: 'codebuild:BatchGetBuilds',
        Resource: `arn:aws:codebuild:${region}:${accountId}:project/${codeBuildProjects.packer}`,
      },
      {
        Sid: 'PublishInServiceAccounts',
        Action: 'sts:AssumeRole',
        Resource: serviceAccountIds.map((serviceAccount) => arns.role(serviceAccount, roles.publisher)),
      },
    ];
  }
}
