import { BatchGetBuildsCommand, CodeBuildClient, type Build } from '@aws-sdk/client-codebuild';
import {
  CodePipelineClient,
  GetPipelineExecutionCommand,
  GetPipelineStateCommand,
  ListActionExecutionsCommand,
  type ActionExecutionDetail,
  type PipelineExecution,
  type StageState,
} from '@aws-sdk/client-codepipeline';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import type { Context } from 'aws-lambda';

export const region = 'us-west-2';
export const opsAccount = '111111111111';
export const buildId = 'packer-build-project:8745a7a9-c340-456a-9166-edf953571bef';
export const executionId = '01234567-0123-0123-0123-012345678901';
export const commit = '0123456789abcdef0123456789abcdef01234567';
export const imageId = 'ami-1234567890abcdef0';
export const statusTopicArn = `arn:aws:sns:${region}:${opsAccount}:boundless-status`;
/** Stands where no message may repeat it. */
export const secret = 'hunter2-hunter2';

export const environment = {
  OPS_ACCOUNT_ID: opsAccount,
  AWS_REGION: region,
  STATUS_TOPIC_ARN: statusTopicArn,
  BUILD_PROJECT: 'packer-build-project',
  APPROVAL_PIPELINES: 'prover-cluster-production',
};

export const context = {
  functionName: 'boundless-notices',
  functionVersion: '$LATEST',
  awsRequestId: '5a3c7c1e-0000-4000-8000-000000000000',
  memoryLimitInMB: '256',
  getRemainingTimeInMillis: () => 60_000,
} as Context;

/** AWS Lambda Developer Guide, "Using Lambda with Amazon SQS": a batch of a queue; message `m-0` has the first event. */
export const batchOf = (events: readonly unknown[]) => ({
  Records: events.map((event, index) => ({
    messageId: `m-${index}`,
    receiptHandle: 'receipt',
    body: typeof event === 'string' ? event : JSON.stringify(event),
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${region}:${opsAccount}:boundless-notices-events`,
    awsRegion: region,
  })),
});

const envelope = (source: string, type: string, time: string) => ({
  version: '0',
  id: 'c030038d-8c4d-6141-9545-00ff7b7153ea',
  'detail-type': type,
  source,
  account: opsAccount,
  time,
  region,
});

/** AWS CodeBuild User Guide, "Build notifications input format reference". */
export const buildEvent = (status = 'SUCCEEDED', detail: Readonly<Record<string, unknown>> = {}) => ({
  ...envelope('aws.codebuild', 'CodeBuild Build State Change', '2026-09-01T17:14:28Z'),
  resources: [`arn:aws:codebuild:${region}:${opsAccount}:build/${buildId}`],
  detail: {
    'build-status': status,
    'project-name': 'packer-build-project',
    'build-id': `arn:aws:codebuild:${region}:${opsAccount}:build/${buildId}`,
    'additional-information': {
      environment: { 'environment-variables': [{ name: 'TOKEN', value: secret, type: 'PLAINTEXT' }] },
      'build-complete': true,
    },
    'current-phase': 'COMPLETED',
    version: '1',
    ...detail,
  },
});

/** AWS CodePipeline User Guide, "Monitoring CodePipeline events": pipeline execution succeeded or failed. */
export const pipelineEvent = (state = 'SUCCEEDED', pipeline = 'prover-cluster-staging') => ({
  ...envelope('aws.codepipeline', 'CodePipeline Pipeline Execution State Change', '2026-09-02T10:22:03Z'),
  resources: [`arn:aws:codepipeline:${region}:${opsAccount}:${pipeline}`],
  detail: {
    pipeline,
    'execution-id': executionId,
    'start-time': '2026-09-02T10:00:00.801Z',
    state,
    version: 3.0,
    'pipeline-execution-attempt': 1.0,
  },
});

/** The same page: action execution of an approval. */
export const approvalEvent = (state = 'STARTED', type: object = { category: 'Approval', provider: 'Manual' }) => ({
  ...envelope('aws.codepipeline', 'CodePipeline Action Execution State Change', '2026-09-02T12:05:00Z'),
  resources: [`arn:aws:codepipeline:${region}:${opsAccount}:prover-cluster-production`],
  detail: {
    pipeline: 'prover-cluster-production',
    'execution-id': executionId,
    'start-time': '2026-09-02T10:00:00.000Z',
    stage: 'Approve',
    'action-execution-id': 'action-2',
    action: 'Approve',
    state,
    region,
    type: { owner: 'AWS', version: '1', ...type },
    version: 7.0,
    'pipeline-execution-attempt': 1.0,
  },
});

/** docs/sharing.md, "Events". */
export const sharingEvent = (type: string, detail: object) => ({
  ...envelope('boundless.ami', type, '2026-09-01T17:15:28Z'),
  resources: [],
  detail,
});

/** AWS CodeBuild API Reference, "Build". */
export const goodBuild: Build = {
  id: buildId,
  buildStatus: 'SUCCEEDED',
  startTime: new Date('2026-09-01T16:14:28Z'),
  endTime: new Date('2026-09-01T17:14:25Z'),
  resolvedSourceVersion: commit,
  environment: {
    type: 'LINUX_CONTAINER',
    image: 'aws/codebuild/standard:7.0',
    computeType: 'BUILD_GENERAL1_SMALL',
    environmentVariables: [
      { name: 'IMAGE', value: 'prover' },
      { name: 'TOKEN', value: secret },
    ],
  },
  exportedEnvironmentVariables: [
    { name: 'AMI_ID', value: imageId },
    { name: 'IMAGE', value: 'prover' },
    { name: 'REUSED', value: 'false' },
    { name: 'VERSION', value: 'v1.2.2' },
    { name: 'BROKER_VERSION', value: 'v1.2.2' },
    { name: 'SECRET', value: secret },
  ],
  phases: [{ phaseType: 'BUILD', phaseStatus: 'SUCCEEDED' }, { phaseType: 'COMPLETED' }],
  logs: { deepLink: `https://console.aws.amazon.com/cloudwatch/home?region=${region}#logsV2:log-groups/8745a7a9` },
};

/** AWS CodePipeline API Reference, "ActionExecutionDetail". */
export const action = (
  provider: string,
  status: ActionExecutionDetail['status'],
  changes: ActionExecutionDetail = {},
): ActionExecutionDetail => ({
  stageName: 'Deploy',
  actionName: 'Apply',
  actionExecutionId: 'action-1',
  status,
  startTime: new Date('2026-09-02T10:01:00Z'),
  ...changes,
  input: {
    actionTypeId: { category: 'Build', owner: 'AWS', provider, version: '1' },
    ...changes.input,
  },
});

/** What AWS knows; the local AWS has no executions of pipelines and no records of builds. */
export function mockedAws(
  state: {
    builds?: Build[];
    execution?: PipelineExecution;
    actions?: ActionExecutionDetail[];
    stages?: Readonly<Record<string, StageState[]>>;
  } = {},
) {
  const clients = {
    codebuild: new CodeBuildClient({ region }),
    codepipeline: new CodePipelineClient({ region }),
    sns: new SNSClient({ region }),
  };
  const codebuild = mockClient(clients.codebuild);
  const codepipeline = mockClient(clients.codepipeline);
  const sns = mockClient(clients.sns);
  codebuild.on(BatchGetBuildsCommand).callsFake(({ ids = [] }: BatchGetBuildsCommand['input']) => ({
    builds: (state.builds ?? [goodBuild]).filter(({ id = '' }) => ids.includes(id)),
  }));
  codepipeline.on(GetPipelineExecutionCommand).resolves({
    pipelineExecution: state.execution ?? {
      pipelineExecutionId: executionId,
      artifactRevisions: [{ name: 'Source', revisionId: commit }],
      variables: [{ name: 'prover_image_id', resolvedValue: imageId }],
    },
  });
  // Two pages, so that a notice of one page alone is noticed.
  const [first, ...rest] = state.actions ?? [];
  codepipeline
    .on(ListActionExecutionsCommand)
    .callsFake(({ nextToken }: ListActionExecutionsCommand['input']) =>
      nextToken === undefined
        ? { actionExecutionDetails: first === undefined ? [] : [first], nextToken: 'more' }
        : { actionExecutionDetails: rest },
    );
  codepipeline.on(GetPipelineStateCommand).callsFake(({ name = '' }: GetPipelineStateCommand['input']) => {
    const stageStates = state.stages?.[name];
    if (stageStates === undefined)
      throw Object.assign(new Error(`Account has no pipeline ${name}`), { name: 'PipelineNotFoundException' });
    return { pipelineName: name, stageStates };
  });
  sns.on(PublishCommand).resolves({ MessageId: 'message-1' });
  return {
    clients,
    codebuild,
    codepipeline,
    sns,
    /** IAM's names of the actions that were called. */
    used: () =>
      [
        ...codebuild.calls().map((call) => ['codebuild', call] as const),
        ...codepipeline.calls().map((call) => ['codepipeline', call] as const),
        ...sns.calls().map((call) => ['sns', call] as const),
      ].map(
        ([
          service,
          {
            args: [command],
          },
        ]) => `${service}:${command.constructor.name.replace(/Command$/, '')}`,
      ),
    /** What was published: subject, and the text for each protocol. */
    published: () =>
      sns.commandCalls(PublishCommand).map(({ args: [{ input }] }) => {
        const { default: chat, email } = JSON.parse(input.Message ?? '') as { default: string; email: string };
        return { input, email, chat: JSON.parse(chat) as ChatMessage };
      }),
  };
}
export type MockedAws = ReturnType<typeof mockedAws>;

/** Amazon Q Developer in chat applications Administrator Guide, "Custom notifications": event schema. */
export interface ChatMessage {
  readonly version: string;
  readonly source: string;
  readonly content: {
    readonly textType: string;
    readonly title: string;
    readonly description: string;
    readonly nextSteps?: readonly string[];
  };
  readonly metadata: { readonly threadId: string; readonly summary: string };
}
