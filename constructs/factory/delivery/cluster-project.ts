import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CodebuildProject } from '@cdktf/provider-aws/lib/codebuild-project';
import { Construct } from 'constructs';
import { queueMinutes } from '../../../config/build-time';
import { deliveryVariables, logGroups, pipelines, roles } from '../../../config/names';
import { buildCache, buildEnvironment } from '../../base/build-environment';
import { LogGroup } from '../../base/log-group';
import { forAccount, serviceTrust } from '../../base/policy';
import { Role } from '../../base/role';
import * as artifacts from './rights';
import type { PipelineContext } from './pipeline';
import type { BuildProject } from './steps';
import { AccountStack } from '../../base/account-stack';

const buildspecs = 'tools/delivery/buildspecs';

/** The text of a buildspec, in which Terraform finds no template of its own (Terraform, "Strings and Templates": escape sequences). */
const buildspecText = (name: string): string =>
  readFileSync(path.join(buildspecs, `${name}.yml`), 'utf8').replaceAll(/[$%](?=\{)/g, (sign) => sign + sign);

/** The environment that a project works on. */
export interface ClusterEnvironment {
  readonly environment: string;
  readonly accountId: string;
}

export interface ClusterProjectProps extends PipelineContext {
  readonly cluster: ClusterEnvironment;
  readonly name: string;
  readonly description: string;
  /** File in `tools/delivery/buildspecs`, without its ending. */
  readonly buildspec: 'deployment' | 'plan' | 'apply';
  /**
   * Whether the project holds the buildspec itself, so that a source that was replaced does not decide what is run.
   * @default - the source has it
   */
  readonly ownsBuildspec?: boolean;
  readonly timeoutMinutes: number;
  /** ARNs of the roles that the build takes: all that it can do in other accounts. */
  readonly assumes: readonly string[];
  /**
   * The artifact that the build makes.
   * @default - none: it only reads
   */
  readonly output?: string;
  /** On top of the environment and its account. */
  readonly variables?: Readonly<Record<string, string>>;
}

/**
 * A CodeBuild project that plans or deploys one cluster, with the source of its pipeline. A principal with
 * `codebuild:StartBuild` on it could still start it with another source, and so without an approval: no role of this design but
 * the pipeline's has that right (docs/security.md).
 */
export class ClusterProject extends Construct implements BuildProject {
  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, props: ClusterProjectProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const { name, description, cluster, ops, operationsKeyArn, ownsBuildspec = false } = props;
    const logs = new LogGroup(this, 'Logs', {
      name: logGroups.codeBuild(name),
      retentionDays: ops.logRetentionDays,
      kmsKeyArn: operationsKeyArn,
    });
    const role = new Role(this, 'Role', {
      name: roles.codeBuild(name),
      description,
      trust: serviceTrust('codebuild.amazonaws.com', forAccount(account)),
      statements: [
        logs.writeStatement(),
        ...artifacts.run(account, {
          pipeline: pipelines.cluster(cluster.environment),
          kmsKeyArn: operationsKeyArn,
          checksSource: ownsBuildspec,
          access: props.output === undefined ? 'read' : { outputs: [props.output] },
        }),
        { Sid: 'AssumeServiceAccountRoles', Action: 'sts:AssumeRole', Resource: props.assumes },
      ],
    });
    const project = new CodebuildProject(this, 'Resource', {
      name,
      description,
      serviceRole: role.arn,
      buildTimeout: props.timeoutMinutes,
      queuedTimeout: queueMinutes,
      // Two builds would fight for the lock of one state.
      concurrentBuildLimit: 1,
      encryptionKey: operationsKeyArn,
      artifacts: { type: 'CODEPIPELINE' },
      cache: buildCache,
      environment: buildEnvironment('BUILD_GENERAL1_MEDIUM', {
        [deliveryVariables.environment]: cluster.environment,
        [deliveryVariables.serviceAccount]: cluster.accountId,
        ...props.variables,
      }),
      source: {
        type: 'CODEPIPELINE',
        buildspec: ownsBuildspec ? buildspecText(props.buildspec) : `${buildspecs}/${props.buildspec}.yml`,
      },
      logsConfig: { cloudwatchLogs: { status: 'ENABLED', groupName: logs.name } },
      dependsOn: [role.permissions],
    });
    this.name = project.name;
    this.arn = project.arn;
  }
}
