import { Codepipeline, type CodepipelineVariable } from '@cdktf/provider-aws/lib/codepipeline';
import { Construct } from 'constructs';
import type { OpsConfig } from '../../../config';
import { artifactBucket } from './names';
import { repositoryId } from '../../../config/repository';
import { connectionStatement } from '../../base/connection';
import { forAccount, serviceTrust, type Statement } from '../../base/policy';
import { Role } from '../../base/role';
import { ExpiringBucket } from '../../base/expiring-bucket';
import * as artifacts from './rights';
import { sourceStep, type SourceProps, type Step } from './steps';
import { AccountStack } from '../../base/account-stack';

/** What all pipelines have in common. */
export interface PipelineContext {
  readonly ops: OpsConfig;
  readonly connectionArn: string;
  readonly operationsKeyArn: string;
}

export interface PipelineProps extends PipelineContext {
  readonly name: string;
  readonly roleName: string;
  /** What the role is for, in words. */
  readonly description: string;
  /**
   * What happens to a run that meets another: `SUPERSEDED` drops a waiting run for a newer one, `QUEUED` lets each have
   * its turn.
   */
  readonly executionMode: 'SUPERSEDED' | 'QUEUED';
  readonly sourceFormat: SourceProps['format'];
  /** Paths of which a push to the branch starts the pipeline; without any, no push does. */
  readonly startedBy?: readonly string[];
  /** Values that the caller that starts the pipeline may give; none may be empty. */
  readonly variables?: readonly CodepipelineVariable[];
  /** The stages behind the source, in order. */
  readonly stages: readonly { readonly name: string; readonly steps: readonly Step[] }[];
}

/**
 * A pipeline with a role and an artifact bucket of its own. What the role may do follows from the steps: start their
 * projects.
 */
export class Pipeline extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: PipelineProps) {
    super(scope, id);
    const { name, ops, connectionArn, operationsKeyArn } = props;
    const { account } = AccountStack.of(this);
    const { repository } = ops;
    const { branch } = repository;
    const source = sourceStep({
      connectionArn,
      // The configuration's check lets no other address through.
      repositoryId: repositoryId(repository.url) ?? repository.url,
      branch,
      format: props.sourceFormat,
    });
    const bucket = new ExpiringBucket(this, 'Artifacts', {
      name: artifactBucket(name, account.accountId),
      kmsKeyArn: operationsKeyArn,
      retentionDays: ops.delivery.artifactRetentionDays,
    });
    const role = new Role(this, 'Role', {
      name: props.roleName,
      description: props.description,
      trust: serviceTrust('codepipeline.amazonaws.com', forAccount(account)),
      statements: [
        connectionStatement(connectionArn, ['UseConnection']),
        ...artifacts.run(account, { pipeline: name, kmsKeyArn: operationsKeyArn, access: 'manage' }),
        ...stepStatements(props.stages.flatMap(({ steps }) => steps)),
      ],
    });
    const pipeline = new Codepipeline(this, 'Resource', {
      name,
      pipelineType: 'V2',
      executionMode: props.executionMode,
      roleArn: role.arn,
      artifactStore: [{ type: 'S3', location: bucket.name, encryptionKey: { id: operationsKeyArn, type: 'KMS' } }],
      stage: [{ name: 'Source', steps: [source] }, ...props.stages].map((stage) => ({
        name: stage.name,
        action: stage.steps.map(({ action }) => action),
      })),
      variable: [...(props.variables ?? [])],
      ...(props.startedBy !== undefined && {
        trigger: [
          {
            providerType: source.action.provider,
            gitConfiguration: {
              sourceActionName: source.action.name,
              push: [{ branches: { includes: [branch] }, filePaths: { includes: [...props.startedBy] } }],
            },
          },
        ],
      }),
      // A new pipeline runs at once (CodePipeline User Guide, "Create a pipeline").
      dependsOn: [role.permissions, ...bucket.protection],
    });
    this.arn = pipeline.arn;
  }
}

const stepStatements = (steps: readonly Step[]): Statement[] => [
  {
    Sid: 'RunSteps',
    Action: ['codebuild:BatchGetBuilds', 'codebuild:StartBuild'],
    Resource: [...new Set(steps.flatMap(({ projectArn }) => projectArn ?? []))],
  },
];
