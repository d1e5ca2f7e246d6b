import { parseCommand, type Command } from './command';
import { CommandIncompleteError } from '../errors';
import { launchProblems, type LaunchProblem } from '../accounts/launch-chain';
import { pin, unpin, type PinResult } from './pin';
import { reconcile } from '../reconcile/reconcile';
import type { ReconcileResult } from '../reconcile/reconcile-report';
import type { Run } from '../run';
import { logger, measure, measureAges } from '../telemetry';
import { withdraw, type WithdrawalResult } from './withdraw';

/** What `preflight` returns. */
export interface PreflightResult {
  readonly launchProblems: readonly LaunchProblem[];
}

export type CommandResult = PinResult | PreflightResult | ReconcileResult | WithdrawalResult;

/**
 * Does what an operator or the schedule asks for.
 *
 * @throws InvalidCommandError for what is no command; CommandIncompleteError where not all of it could be done
 */
export async function onCommand(input: unknown, context: Omit<Run, 'dryRun'>): Promise<CommandResult> {
  const command = parseCommand(input, context.settings);
  const run: Run = { ...context, dryRun: 'dryRun' in command && command.dryRun };
  logger.appendKeys(command);
  const result = await perform(command, run);
  logger.info('Done', { result });
  return result;
}

async function perform(command: Command, run: Run): Promise<CommandResult> {
  switch (command.command) {
    case 'reconcile':
      return reconciled(run);
    case 'preflight': {
      const problems = await launchProblems(run);
      measure({ LaunchProblems: problems.length });
      return { launchProblems: problems };
    }
    case 'withdraw':
      return withdraw(command.imageId, command.reason, run);
    case 'pin':
      return pin(command.accountId, command.imageId, run);
    case 'unpin':
      return unpin(command.accountId, command.kind, run);
  }
}

/** A run that finds nothing measures zeros: they prove that it ran. */
async function reconciled(run: Run): Promise<ReconcileResult> {
  const { result, ages } = await reconcile(run);
  const { driftFound, driftRepaired, publicImages, imagesLeft, failures } = result;
  measure({
    DriftFound: driftFound,
    DriftRepaired: driftRepaired,
    PublicImages: publicImages.length,
    ImagesLeft: imagesLeft,
    LaunchProblems: result.launchProblems.length,
  });
  for (const { kind, ...age } of ages) measureAges(kind, age);
  for (const problem of result.launchProblems) logger.warn('Instances could not start', { ...problem });
  if (imagesLeft > 0) logger.warn('Not all images were compared and repaired; the next run goes on', { imagesLeft });
  if (failures.length > 0) {
    logger.error('The run is incomplete', { result });
    throw new CommandIncompleteError('reconcile', failures);
  }
  return result;
}
