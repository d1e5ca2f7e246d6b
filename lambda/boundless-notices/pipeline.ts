import {
  GetPipelineExecutionCommand,
  paginateListActionExecutions,
  type ActionExecutionDetail,
  type CodePipelineClient,
} from '@aws-sdk/client-codepipeline';
import { imageKinds, pipelines } from '../../config/names';
import type { Run } from './clients';
import type { ApprovalEvent, PipelineEvent } from './event';
import { commitOf, duration, executionUrl, fact, link, pipelineUrl, type Fact, type Notification } from './notice';
import { unreadBecause } from './unread';

/**
 * Variables of a pipeline and of its actions that notices show, by the kind of image: `<kind>_image_id` and
 * `<kind>_version`, in whatever case. No other variable ever is.
 */
const shown = [
  { suffix: 'image_id', title: 'image', form: /^ami-[0-9a-f]{8,17}$/ },
  { suffix: 'version', title: 'version', form: /^[\w.+-]{1,40}$/ },
] as const;

type Variables = ReadonlyMap<string, string>;

function imageFacts(variables: Variables): readonly Fact[] {
  return imageKinds.flatMap((kind) =>
    shown.flatMap(({ suffix, title, form }) => {
      const value = variables.get(`${kind}_${suffix}`);
      return value !== undefined && form.test(value) ? [[`${kind} ${title}`, value] as const] : [];
    }),
  );
}

/** Everything that CodePipeline knows of an execution, and that people may read. */
interface ExecutionFacts {
  readonly commit?: string;
  readonly images: readonly Fact[];
  readonly actions: readonly ActionExecutionDetail[];
  /** Why nothing is known. */
  readonly unread?: string;
}

/** CodePipeline's record of an execution, or nothing where it cannot be read now: its notice must not be lost for it. */
async function knownExecution({ clients, once }: Run, pipeline: string, id: string): Promise<ExecutionFacts> {
  try {
    return await once(`${pipeline} ${id}`, () => executionFacts(clients.codepipeline, pipeline, id));
  } catch (error) {
    return { images: [], actions: [], unread: unreadBecause(error, `CodePipeline's record of execution ${id}`) };
  }
}

async function executionFacts(
  codepipeline: CodePipelineClient,
  pipelineName: string,
  pipelineExecutionId: string,
): Promise<ExecutionFacts> {
  const { pipelineExecution } = await codepipeline.send(
    new GetPipelineExecutionCommand({ pipelineName, pipelineExecutionId }),
  );
  const actions: ActionExecutionDetail[] = [];
  const pages = paginateListActionExecutions(
    { client: codepipeline, pageSize: 100 },
    { pipelineName, filter: { pipelineExecutionId } },
  );
  for await (const { actionExecutionDetails = [] } of pages) actions.push(...actionExecutionDetails);
  const variables = [
    // CodePipeline lists the newest action first; here the last entry of a name wins, so the newest must come last.
    ...actions.toReversed().flatMap(({ output }) => Object.entries(output?.outputVariables ?? {})),
    ...(pipelineExecution?.variables ?? []).map(({ name = '', resolvedValue = '' }) => [name, resolvedValue] as const),
  ];
  const revisions = pipelineExecution?.artifactRevisions ?? [];
  const commit = revisions.map(({ revisionId }) => commitOf(revisionId)).find((found) => found !== undefined);
  return {
    ...(commit !== undefined && { commit }),
    images: imageFacts(new Map(variables.map(([name, value]) => [name.toLowerCase(), value]))),
    actions,
  };
}

const outcomes = { SUCCEEDED: 'succeeded', FAILED: 'failed', STOPPED: 'was stopped' };

const providerOf = ({ input }: ActionExecutionDetail) => input?.actionTypeId?.provider;

/** Builds of images and approvals have notices of their own: a pipeline that failed for them alone adds nothing. */
const hasOwnNotice = (pipeline: string, action: ActionExecutionDetail): boolean =>
  providerOf(action) === 'Manual' || (pipeline === pipelines.packer && providerOf(action) === 'CodeBuild');

/**
 * A pipeline that ended.
 *
 * @returns nothing where the notice of an action covers it already
 */
export async function onPipeline({ detail, time }: PipelineEvent, run: Run): Promise<Notification | undefined> {
  const { region } = run.settings;
  const { pipeline, state, 'execution-id': id, 'start-time': start } = detail;
  const { commit, images, actions, unread } = await knownExecution(run, pipeline, id);
  const failed = actions.filter(({ status }) => status === 'Failed');
  if (state === 'FAILED' && failed.length > 0 && failed.every((action) => hasOwnNotice(pipeline, action)))
    return undefined;
  const succeeded = state === 'SUCCEEDED';
  return {
    notice: {
      severity: succeeded ? 'good' : 'bad',
      title: `Pipeline ${pipeline} ${outcomes[state]}`,
      facts: [
        ...images,
        ...fact('Commit', commit),
        ...fact('Not known', unread),
        ...fact('Duration', duration(start ?? earliest(actions), time)),
        // No message of the error: it can repeat what a command printed.
        ...failed.flatMap(({ stageName, actionName, output }) =>
          fact(
            'Failed in',
            [stageName, actionName, output?.executionResult?.errorDetails?.code].filter(Boolean).join(', '),
          ),
        ),
        ...fact('Execution', id),
      ],
      links: [
        ...failed.flatMap(({ actionName = '', output }) =>
          link(`Log of ${actionName}`, output?.executionResult?.externalExecutionUrl),
        ),
        ...link('Execution', executionUrl(region, pipeline, id)),
      ],
      nextSteps: succeeded
        ? []
        : ['Nothing was rolled back by this message: see the log, repair the cause, start it again.'],
      threadId: id,
    },
  };
}

const earliest = (actions: readonly ActionExecutionDetail[]): Date | undefined =>
  actions.flatMap(({ startTime }) => startTime ?? []).sort((one, other) => one.getTime() - other.getTime())[0];

const answers = { STARTED: 'is asked for', SUCCEEDED: 'was given', FAILED: 'was refused, or nobody gave it in time' };
const severities = { STARTED: 'ask', SUCCEEDED: 'good', FAILED: 'bad' } as const;

/** As much of a plan's headline as people read before they follow the link. */
const longestHeadline = 1500;

/** An approval that is asked for, was given, or was refused. */
export async function onApproval({ detail, time }: ApprovalEvent, run: Run): Promise<Notification> {
  const { region } = run.settings;
  const { pipeline, state, action: name, 'execution-id': id, 'start-time': start } = detail;
  const { commit, images, actions, unread } = await knownExecution(run, pipeline, id);
  const action = actions.find(({ actionExecutionId }) => actionExecutionId === detail['action-execution-id']);
  // What the pipeline shows the approver as well: the headline of the plan, and where all of it is.
  const { CustomData, ExternalEntityLink } = action?.input?.resolvedConfiguration ?? {};
  return {
    notice: {
      severity: severities[state],
      title: `Approval of ${pipeline} ${answers[state]}`,
      facts: [
        ...fact('Plan', state === 'STARTED' ? CustomData?.slice(0, longestHeadline) : undefined),
        ...images,
        ...fact('Commit', commit),
        ...fact('Not known', unread),
        ...fact('Waited', state === 'STARTED' ? undefined : duration(start ?? action?.startTime, time)),
        ...fact('By', state === 'STARTED' ? undefined : action?.updatedBy?.split('/').pop()),
        ...fact('Action', name),
        ...fact('Execution', id),
      ],
      links: [...link('Plan', ExternalEntityLink), ...link('Approve or refuse', pipelineUrl(region, pipeline))],
      nextSteps: state === 'STARTED' ? ['Read the plan, then approve or refuse it in the pipeline.'] : [],
      threadId: id,
    },
  };
}
