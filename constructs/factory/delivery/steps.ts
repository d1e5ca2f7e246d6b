import type { CodepipelineStageAction } from '@cdktf/provider-aws/lib/codepipeline';

/** The artifact that the source step makes. */
export const sourceArtifact = 'source';

/** A CodeBuild project that a pipeline starts. */
export interface BuildProject {
  readonly name: string;
  readonly arn: string;
}

/** One action of a pipeline, and what the pipeline needs for it. */
export interface Step {
  readonly action: CodepipelineStageAction;
  /** The project that the step starts. */
  readonly projectArn?: string;
}

export interface SourceProps {
  readonly connectionArn: string;
  /** `<owner>/<repository>`. */
  readonly repositoryId: string;
  readonly branch: string;
  /**
   * `zip` hands the files on. `clone` hands a reference on, and each build clones the repository itself with its own
   * right to the connection: it gets files with the modes that git keeps.
   */
  readonly format: 'zip' | 'clone';
}

/** The repository, at the commit that the run is for. Changes start nothing here: that is a trigger's matter. */
export const sourceStep = ({ connectionArn, repositoryId, branch, format }: SourceProps): Step => ({
  action: {
    name: 'Source',
    category: 'Source',
    owner: 'AWS',
    // The service's old name; connections of the new one have no provider of their own.
    provider: 'CodeStarSourceConnection',
    version: '1',
    namespace: 'Source',
    outputArtifacts: [sourceArtifact],
    configuration: {
      ConnectionArn: connectionArn,
      FullRepositoryId: repositoryId,
      BranchName: branch,
      DetectChanges: 'false',
      OutputArtifactFormat: format === 'zip' ? 'CODE_ZIP' : 'CODEBUILD_CLONE_REF',
    },
  },
});

export interface BuildStepProps {
  readonly name: string;
  readonly project: BuildProject;
  /** Other artifacts that the build reads: the source comes first, and has the buildspec. */
  readonly inputs?: readonly string[];
  /** The artifact that the build makes. */
  readonly output?: string;
  /** What the variables that the build exports are called after: `#{<namespace>.<variable>}`. */
  readonly namespace?: string;
  /** On top of the project's own. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** A build. Steps of a stage run side by side. */
export const buildStep = ({ name, project, inputs = [], output, namespace, variables = {} }: BuildStepProps): Step => ({
  projectArn: project.arn,
  action: {
    name,
    category: 'Build',
    owner: 'AWS',
    provider: 'CodeBuild',
    version: '1',
    inputArtifacts: [sourceArtifact, ...inputs],
    ...(output !== undefined && { outputArtifacts: [output] }),
    ...(namespace !== undefined && { namespace }),
    configuration: {
      ProjectName: project.name,
      PrimarySource: sourceArtifact,
      EnvironmentVariables: JSON.stringify(
        Object.entries(variables).map(([key, value]) => ({ name: key, value, type: 'PLAINTEXT' })),
      ),
    },
  },
});

export interface ApprovalStepProps {
  readonly name: string;
  /** What the person who decides reads. */
  readonly message: string;
  /** Where there is more to read. */
  readonly link: string;
  /** After this many minutes nobody's answer is a no. */
  readonly timeoutMinutes: number;
}

/**
 * A person's decision. It notifies no topic itself: notices do, with the same message and link and for every outcome
 * (lambda/boundless-notices).
 */
export const approvalStep = ({ name, message, link, timeoutMinutes }: ApprovalStepProps): Step => ({
  action: {
    name,
    category: 'Approval',
    owner: 'AWS',
    provider: 'Manual',
    version: '1',
    timeoutInMinutes: timeoutMinutes,
    configuration: { CustomData: message, ExternalEntityLink: link },
  },
});
