import { GetPipelineStateCommand } from '@aws-sdk/client-codepipeline';
import type { Run } from './clients';
import { WatchIncompleteError } from './errors';
import { logger, measure } from './telemetry';

/** An approval that nobody has given or refused yet. */
export interface Waiting {
  readonly pipeline: string;
  readonly action: string;
  readonly hours: number;
}

/**
 * Measures how long approvals have waited. Nothing else does: CodePipeline reports that one is asked for, and then
 * nothing until it is answered or its time is over.
 *
 * @throws WatchIncompleteError where a pipeline could not be looked at, after the others were measured
 */
export async function watchApprovals({ clients, settings }: Run, now = new Date()): Promise<readonly Waiting[]> {
  const waiting: Waiting[] = [];
  const failures: string[] = [];
  for (const pipeline of settings.approvalPipelines) {
    try {
      const { stageStates = [] } = await clients.codepipeline.send(new GetPipelineStateCommand({ name: pipeline }));
      for (const { actionName: action = '', latestExecution } of stageStates.flatMap(
        ({ actionStates = [] }) => actionStates,
      )) {
        const { status, token, lastStatusChange } = latestExecution ?? {};
        // Only approvals have a token (AWS CodePipeline API Reference, "ActionExecution").
        if (status !== 'InProgress' || token === undefined || lastStatusChange === undefined) continue;
        waiting.push({ pipeline, action, hours: (now.getTime() - lastStatusChange.getTime()) / 3_600_000 });
      }
    } catch (error) {
      failures.push(`${pipeline}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
    }
  }
  // One that could not be looked at may wait: that none does is reported only where all were seen.
  if (waiting.length > 0 || failures.length === 0)
    measure('ApprovalHours', Math.max(0, ...waiting.map(({ hours }) => hours)));
  logger.info('Looked at approvals', { waiting });
  if (failures.length > 0) throw new WatchIncompleteError(failures);
  return waiting;
}
