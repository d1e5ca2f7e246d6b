import type { LambdaClient } from '@aws-sdk/client-lambda';
import { functions } from '../../config/names';
import type { UndoResult } from '../../lambda/packer-ami-cleanup/actions/undo';
import type { Command } from '../../lambda/packer-ami-cleanup/commands/command';
import { callFunction } from '../sharing/function';

/**
 * Takes a retirement back, and shares the image again: two functions in turn, since whom an image is shared with is the
 * sharing Lambda's alone. Where it is cut short in between, the next reconcile run shares the image.
 *
 * @returns what both came to; nothing is shared where nothing was changed
 * @throws FunctionFailedError with the reason that one of them gave
 */
export async function undoAndShare(lambda: LambdaClient, command: Command): Promise<object> {
  const undone = (await callFunction(lambda, command, functions.cleanup)) as UndoResult;
  if (!undone.isChanged || command.dryRun) return { undone };
  const variables = [{ name: 'AMI_ID', value: undone.imageId }];
  const event = { detail: { 'additional-information': { 'exported-environment-variables': variables } } };
  return { undone, shared: await callFunction(lambda, event, functions.sharing) };
}
