import { GetParametersCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { reconcilePositionName } from '../../../config/names';
import type { Age } from '../images/image-list';
import { imageIdForm } from '../events/image-variables';
import { retrying } from '../../common/retry';
import type { Run } from '../run';

/** What stands there once a round through all images has ended. */
const atTheStart = 'newest';

/**
 * The image after which the next reconcile run goes on, towards the older ones. What is there and is no position counts
 * as none: the round starts again.
 *
 * @returns undefined where a round starts
 */
export async function readPosition({ clients: { ssm }, waits }: Run): Promise<Age | undefined> {
  const command = new GetParametersCommand({ Names: [reconcilePositionName] });
  const { Parameters: [parameter] = [] } = await retrying(() => ssm.send(command), waits);
  const [imageId = '', time = ''] = (parameter?.Value ?? '').split(' ');
  const created = Date.parse(time);
  return imageIdForm.test(imageId) && !Number.isNaN(created) ? { imageId, created } : undefined;
}

/** Keeps where the next run goes on: after this image, or at the newest one where there is none. */
export async function writePosition({ clients: { ssm }, waits }: Run, position: Age | undefined): Promise<void> {
  const Value = position === undefined ? atTheStart : `${position.imageId} ${new Date(position.created).toISOString()}`;
  const Description = 'The image after which the next reconcile run of the sharing Lambda goes on';
  const input = { Name: reconcilePositionName, Value, Type: 'String', Description, Overwrite: true } as const;
  await retrying(() => ssm.send(new PutParameterCommand(input)), waits);
}
