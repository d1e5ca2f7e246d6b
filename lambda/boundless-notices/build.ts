import { BatchGetBuildsCommand, type Build, type CodeBuildClient } from '@aws-sdk/client-codebuild';
import { imageKinds } from '../../config/names';
import type { Run } from './clients';
import { UnknownBuildError } from './errors';
import type { BuildEvent } from './event';
import { commitOf, duration, fact, link, type Fact, type Notice, type Notification } from './notice';
import { measureImage } from './telemetry';
import { unreadBecause } from './unread';

/** Variables of a build that notices show, each in the only form that is let through; no other ever is. */
const shown: Readonly<Record<string, RegExp>> = {
  AMI_ID: /^ami-[0-9a-f]{8,17}$/,
  IMAGE: new RegExp(`^(${imageKinds.join('|')})$`),
  REUSED: /^(true|false)$/,
  VERSION: /^[\w.+-]{1,40}$/,
  BROKER_VERSION: /^[\w.+-]{1,40}$/,
};

/** CodeBuild's own record of a build. */
export interface BuildFacts {
  /** `manager`, `prover` or `bento`. */
  readonly image?: string;
  readonly imageId?: string;
  readonly version?: string;
  readonly brokerVersion?: string;
  readonly reused: boolean;
  readonly commit?: string;
  readonly start?: Date;
  readonly end?: Date;
  readonly logUrl?: string;
  /** The phase that failed. */
  readonly failedPhase?: string;
}

/** The event has the ARN; the id is what follows `build/`. */
const idOf = (buildId: string): string => buildId.replace(/^arn:.*:build\//, '');

/** Documented of BatchGetBuilds, which the event's own variables are not (docs/facts/images.md#build-events). */
async function buildFacts(codebuild: CodeBuildClient, buildId: string): Promise<BuildFacts> {
  const id = idOf(buildId);
  const { builds: [found] = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids: [id] }));
  if (found === undefined) throw new UnknownBuildError(id);
  const value = variableOf(found);
  const [image, imageId, version, brokerVersion] = [
    value('IMAGE'),
    value('AMI_ID'),
    value('VERSION'),
    value('BROKER_VERSION'),
  ];
  const commit = commitOf(found.resolvedSourceVersion);
  const failed = found.phases?.find(({ phaseStatus }) => phaseStatus !== undefined && phaseStatus !== 'SUCCEEDED');
  return {
    ...(image !== undefined && { image }),
    ...(imageId !== undefined && { imageId }),
    ...(version !== undefined && { version }),
    ...(brokerVersion !== undefined && { brokerVersion }),
    reused: value('REUSED') === 'true',
    ...(commit !== undefined && { commit }),
    ...(found.startTime !== undefined && { start: found.startTime }),
    ...(found.endTime !== undefined && { end: found.endTime }),
    ...(found.logs?.deepLink !== undefined && { logUrl: found.logs.deepLink }),
    ...(failed?.phaseType !== undefined && { failedPhase: failed.phaseType }),
  };
}

/** What the build exported; else what it was given, since a build that fails early exports nothing. */
const variableOf =
  ({ exportedEnvironmentVariables = [], environment }: Build) =>
  (name: 'AMI_ID' | 'IMAGE' | 'REUSED' | 'VERSION' | 'BROKER_VERSION'): string | undefined => {
    const given = name === 'IMAGE' ? (environment?.environmentVariables ?? []) : [];
    return [...exportedEnvironmentVariables, ...given].find(
      (variable) => variable.name === name && variable.value !== undefined && shown[name]?.test(variable.value),
    )?.value;
  };

/** What is known of a build, or why nothing is. */
export type KnownBuild = Partial<BuildFacts> & { readonly unread?: string };

/**
 * CodeBuild's record of a build, or nothing where it cannot be read now. An outcome is known without it, and its notice
 * must not be lost for it: the failure is logged, and the notice names it.
 */
export async function knownBuild({ clients, once }: Run, buildId: string): Promise<KnownBuild> {
  try {
    return await once(idOf(buildId), () => buildFacts(clients.codebuild, buildId));
  } catch (error) {
    return { unread: unreadBecause(error, `CodeBuild's record of ${idOf(buildId)}`) };
  }
}

/** What is inside an image, and where it is from. */
export const imageFacts = ({ imageId, version, brokerVersion, commit, unread }: KnownBuild): readonly Fact[] => [
  ...fact('Image', imageId),
  ...fact('Version', version),
  ...fact('Broker', brokerVersion),
  ...fact('Commit', commit),
  ...fact('Not known', unread),
];

const outcomes = {
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  FAULT: 'failed',
  STOPPED: 'was stopped',
  TIMED_OUT: 'timed out',
};

/** A build that ended: its notice and its metrics. */
export async function onBuild({ detail, time }: BuildEvent, run: Run): Promise<Notification> {
  const status = detail['build-status'];
  const build = await knownBuild(run, detail['build-id']);
  const succeeded = status === 'SUCCEEDED';
  const what = build.image === undefined ? 'an image' : `the ${build.image} image`;
  const how = succeeded && build.reused === true ? 'found it baked already' : outcomes[status];
  const end = build.end ?? time;
  const notice: Notice = {
    severity: succeeded ? 'good' : 'bad',
    title: `Build of ${what} ${how}${build.version === undefined ? '' : ` (${build.version})`}`,
    facts: [
      ...imageFacts(build),
      ...fact('Duration', duration(build.start, end)),
      ...fact('Failed in', succeeded ? undefined : build.failedPhase),
      ...fact('Build', idOf(detail['build-id'])),
    ],
    links: link('Log of the build', build.logUrl),
    nextSteps: succeeded
      ? []
      : ['The log shows which command failed. README, "Troubleshooting", has what people meet.'],
    threadId: idOf(detail['build-id']),
  };
  const seconds = build.start && (end.getTime() - build.start.getTime()) / 1000;
  const measure = () => {
    measureImage(build.image ?? 'unknown', {
      BuildSucceeded: succeeded ? 1 : 0,
      ...(succeeded && build.reused !== undefined && { ImageReused: build.reused ? 1 : 0 }),
      ...(succeeded && build.reused === false && seconds !== undefined && { BuildSeconds: seconds }),
    });
  };
  return { notice, measure };
}
