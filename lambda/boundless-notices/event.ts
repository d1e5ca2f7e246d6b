// As a namespace, for the bundler: see settings.ts.
import * as z from 'zod';
import { outcomeEvents } from '../../config/names';
import { UnknownEventError } from './errors';
import type { Settings } from './settings';

// Events gain fields over time, and these are all that matter here: every object is loose.
const envelope = { account: z.string(), time: z.iso.datetime().transform((time) => new Date(time)) };

/** AWS CodeBuild User Guide, "Build notifications input format reference". */
const build = z.looseObject({
  ...envelope,
  source: z.literal('aws.codebuild'),
  'detail-type': z.literal('CodeBuild Build State Change'),
  detail: z.looseObject({
    'build-status': z.enum(['SUCCEEDED', 'FAILED', 'FAULT', 'STOPPED', 'TIMED_OUT']),
    'project-name': z.string(),
    'build-id': z.string().regex(/^(arn:aws[a-z-]*:codebuild:[a-z0-9-]+:\d{12}:build\/)?[\w-]+:[A-Za-z0-9-]{1,64}$/),
  }),
});

const execution = {
  pipeline: z.string(),
  'execution-id': z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  'start-time': z.iso
    .datetime()
    .transform((time) => new Date(time))
    .optional(),
};

/** AWS CodePipeline User Guide, "Monitoring CodePipeline events": pipeline-level state change events. */
const pipeline = z.looseObject({
  ...envelope,
  source: z.literal('aws.codepipeline'),
  'detail-type': z.literal('CodePipeline Pipeline Execution State Change'),
  detail: z.looseObject({ ...execution, state: z.enum(['SUCCEEDED', 'FAILED', 'STOPPED']) }),
});

/** The same page: action-level state change events; here those of manual approvals. */
const approval = z.looseObject({
  ...envelope,
  source: z.literal('aws.codepipeline'),
  'detail-type': z.literal('CodePipeline Action Execution State Change'),
  detail: z.looseObject({
    ...execution,
    action: z.string(),
    'action-execution-id': z.string().optional(),
    state: z.enum(['STARTED', 'SUCCEEDED', 'FAILED']),
    type: z.looseObject({ category: z.literal('Approval') }),
  }),
});

const accounts = z
  .array(z.looseObject({ accountId: z.string(), error: z.string().optional(), imageId: z.string().optional() }))
  .default([]);
const text = z.string().optional();

/** docs/sharing.md, "Events". */
const sharing = z.looseObject({
  ...envelope,
  source: z.literal(outcomeEvents.source),
  'detail-type': z.enum([outcomeEvents.shared, outcomeEvents.failed, outcomeEvents.withdrawn, outcomeEvents.found]),
  detail: z.looseObject({
    imageId: text,
    kind: text,
    name: text,
    buildId: text,
    error: text,
    message: text,
    permanent: z.boolean().optional(),
    reason: text,
    driftFound: z.number().optional(),
    publicImages: z.array(z.string()).default([]),
    accounts,
  }),
});

const number = z.number().default(0);

/** docs/retirement.md, "Reports". */
const retirement = z.looseObject({
  ...envelope,
  source: z.literal(outcomeEvents.source),
  'detail-type': z.literal(outcomeEvents.retired),
  detail: z.looseObject({
    runId: z.string(),
    report: text,
    kept: number,
    changed: z.looseObject({ deprecate: number, disable: number, deregister: number }),
    leftovers: z.looseObject({ removed: number }),
    freedGiB: number,
    freedUsdPerMonth: number,
    problems: z.array(z.string()).default([]),
    failedSources: z.array(z.looseObject({ accountId: z.string(), source: z.string(), error: z.string() })).default([]),
  }),
});

/** What the schedule sends. */
const watch = z.strictObject({ command: z.literal('watch') });

export type BuildEvent = z.infer<typeof build>;
export type PipelineEvent = z.infer<typeof pipeline>;
export type ApprovalEvent = z.infer<typeof approval>;
export type SharingEvent = z.infer<typeof sharing>;
export type RetirementEvent = z.infer<typeof retirement>;

/** What happened, as the function knows it. */
export type NoticeEvent =
  | { readonly what: 'build'; readonly event: BuildEvent }
  | { readonly what: 'pipeline'; readonly event: PipelineEvent }
  | { readonly what: 'approval'; readonly event: ApprovalEvent }
  | { readonly what: 'sharing'; readonly event: SharingEvent }
  | { readonly what: 'retirement'; readonly event: RetirementEvent }
  | { readonly what: 'watch' };

const kindSchema = z.looseObject({ source: z.string(), 'detail-type': z.string() });

/** @throws UnknownEventError for what is none of the known events, or of another account or project */
export function parseEvent(input: unknown, settings: Settings): NoticeEvent {
  if (watch.safeParse(input).success) return { what: 'watch' };
  const kind = kindSchema.safeParse(input);
  if (!kind.success) throw new UnknownEventError('it has no source and detail-type');
  const noticeEvent = known(input, kind.data.source, kind.data['detail-type']);
  if (noticeEvent.event.account !== settings.opsAccountId)
    throw new UnknownEventError(`account is not ${settings.opsAccountId}`);
  if (noticeEvent.what === 'build' && noticeEvent.event.detail['project-name'] !== settings.buildProject)
    throw new UnknownEventError(`detail.project-name is not ${settings.buildProject}`);
  return noticeEvent;
}

function known(input: unknown, source: string, type: string): Exclude<NoticeEvent, { what: 'watch' }> {
  switch (`${source} ${type}`) {
    case 'aws.codebuild CodeBuild Build State Change':
      return { what: 'build', event: checked(build, input) };
    case 'aws.codepipeline CodePipeline Pipeline Execution State Change':
      return { what: 'pipeline', event: checked(pipeline, input) };
    case 'aws.codepipeline CodePipeline Action Execution State Change':
      return { what: 'approval', event: checked(approval, input) };
    case `${outcomeEvents.source} ${outcomeEvents.retired}`:
      return { what: 'retirement', event: checked(retirement, input) };
    default:
      if (source === outcomeEvents.source) return { what: 'sharing', event: checked(sharing, input) };
      throw new UnknownEventError(`"${type.slice(0, 100)}" of ${source.slice(0, 100)} is not known`);
  }
}

function checked<T extends z.ZodType>(schema: T, input: unknown): z.infer<T> {
  const { success, data, error } = schema.safeParse(input);
  if (success) return data;
  const fields = [...new Set(error.issues.map(({ path }) => path.join('.') || 'the event'))];
  throw new UnknownEventError(`${fields.slice(0, 5).join(', ')} is missing, of the wrong type or of an unknown value`);
}
