import { CodebuildProject } from '@cdktf/provider-aws/lib/codebuild-project';
import { Construct } from 'constructs';
import type { OpsConfig } from '../../../config';
import { buildMinutes, queueMinutes } from '../../../config/build-time';
import { sourceType } from '../../../config/repository';
import { codeBuildProjects, imageKinds, logGroups, pipelines, roles } from '../../../config/names';
import { buildCache, buildEnvironment } from '../../base/build-environment';
import { connectionStatement } from '../../base/connection';
import { LogGroup } from '../../base/log-group';
import { forAccount, serviceTrust, type Statement } from '../../base/policy';
import { Role } from '../../base/role';
import * as artifacts from '../delivery/rights';
import { Builder } from './builder';
import { run } from './rights';
import { AccountStack } from '../../base/account-stack';

export interface PackerBuildProps {
  readonly config: OpsConfig;
  readonly imageKeyArn: string;
  readonly operationsKeyArn: string;
}

/**
 * The CodeBuild project that bakes images: `packer/buildspec.yml` on a plain, unprivileged build instance. One build
 * bakes one image, named by the variable `IMAGE`, or finds one that was baked from the same inputs (docs/building.md).
 */
export class PackerBuild extends Construct {
  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, { config, imageKeyArn, operationsKeyArn }: PackerBuildProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const { build, repository } = config;
    /** The pipeline starts builds too, and its source is cloned by the build itself, with the build's own rights. */
    const pipelineStatements = (connectionArn: string): Statement[] => [
      connectionStatement(connectionArn, ['GetConnection', 'GetConnectionToken', 'UseConnection']),
      ...artifacts.run(account, {
        pipeline: pipelines.packer,
        kmsKeyArn: operationsKeyArn,
        access: { outputs: imageKinds },
      }),
    ];
    const builder = new Builder(this, 'Builder');
    const logs = new LogGroup(this, 'Logs', {
      name: logGroups.codeBuild(codeBuildProjects.packer),
      retentionDays: config.logRetentionDays,
      kmsKeyArn: operationsKeyArn,
    });
    const role = new Role(this, 'Role', {
      name: roles.packerBuild,
      description: 'Bakes machine images; cannot share or delete them',
      trust: serviceTrust('codebuild.amazonaws.com', forAccount(account)),
      statements: [
        logs.writeStatement(),
        ...(repository.connectionArn === null ? [] : pipelineStatements(repository.connectionArn)),
        ...run(account, {
          imageKeyArn,
          builderRoleArn: builder.roleArn,
          instanceTypes: Object.values(build.instanceTypes),
        }),
      ],
    });
    const variables = {
      IMAGE: 'manager',
      BOUNDLESS_VERSION: build.boundlessVersion,
      BROKER_VERSION: build.brokerVersion ?? '',
      BROKER_SHA256: build.brokerSha256 ?? '',
      ENVIRONMENT: 'production',
      FORCE_BUILD: 'false',
      REQUIRE_VERIFIED_DOWNLOADS: 'true',
      // Not the alias: an image of the key that the alias named before must not be taken for one of this key.
      IMAGE_KMS_ARN: imageKeyArn,
      SPOT: String(build.spot),
      SUBNET_ID: build.subnetId ?? '',
      MANAGER_INSTANCE_TYPE: build.instanceTypes.manager,
      PROVER_INSTANCE_TYPE: build.instanceTypes.prover,
      BENTO_INSTANCE_TYPE: build.instanceTypes.bento,
      IAM_INSTANCE_PROFILE: builder.profileName,
      IMAGE_WAIT_MINUTES: String(buildMinutes.image),
      PACKER_MINUTES: String(build.timeoutMinutes - buildMinutes.cleanUp),
    };
    const project = new CodebuildProject(this, 'Resource', {
      name: codeBuildProjects.packer,
      description: 'Bakes the machine images of the prover clusters',
      serviceRole: role.arn,
      buildTimeout: build.timeoutMinutes,
      queuedTimeout: queueMinutes,
      encryptionKey: operationsKeyArn,
      artifacts: { type: 'NO_ARTIFACTS' },
      cache: buildCache,
      environment: buildEnvironment(build.computeType, variables),
      source: {
        // The configuration's check lets no other host through.
        type: sourceType(repository.url) ?? 'GITHUB',
        location: repository.url,
        buildspec: 'packer/buildspec.yml',
        gitCloneDepth: 1,
        reportBuildStatus: false,
        ...(repository.connectionArn !== null && {
          auth: { type: 'CODECONNECTIONS', resource: repository.connectionArn },
        }),
      },
      sourceVersion: repository.branch,
      logsConfig: { cloudwatchLogs: { status: 'ENABLED', groupName: logs.name } },
      // CodeBuild tries the connection when the project is made (docs/facts/creation-order.md).
      dependsOn: [role.permissions],
    });
    this.name = project.name;
    this.arn = project.arn;
  }
}
