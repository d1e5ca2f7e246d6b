import { shortMessage } from '../../common/errors';
import { retrying } from '../../common/retry';
import { changeOf, type Action, type Decision } from '../decide/decide';
import type { ImageFacts } from '../decide/facts';
import { imageNow } from '../images/list-images';
import type { Run } from '../run';
import { changeImage } from './change-image';

/** What became of the actions of a decision. */
export interface Changed {
  readonly imageId: string;
  /** Those that were done, or would be in a dry run. */
  readonly done: readonly Action[];
  /** Why the others were not; absent where all were done. */
  readonly error?: string;
  /** Why they were not begun, where nothing failed; absent otherwise. */
  readonly left?: string;
}

/**
 * Does what was decided, one image after another, those that free something first. An image that fails stops no other.
 * Each is looked at again before: an operator may have changed or kept it since the run began.
 */
export async function changeImages(run: Run, decisions: readonly Decision[]): Promise<readonly Changed[]> {
  const due = decisions.filter(({ actions }) => actions.length > 0);
  const order = ['deregister', 'disable', 'deprecate', undefined];
  const ordered = [...due].sort((one, other) => order.indexOf(changeOf(one)) - order.indexOf(changeOf(other)));
  const results: Changed[] = [];
  for (const { image, actions } of ordered) {
    const { imageId } = image;
    if (run.dryRun) results.push({ imageId, done: actions });
    else if (!run.mayBegin())
      results.push({ imageId, done: [], left: 'the time of the run ended; the next one does it' });
    else results.push(await change(run, image, actions));
  }
  return results;
}

async function change(run: Run, image: ImageFacts, actions: readonly Action[]): Promise<Changed> {
  const { imageId } = image;
  const done: Action[] = [];
  try {
    const now = await retrying(() => imageNow(run.clients.ec2, imageId), run.waits);
    if (now === undefined || JSON.stringify(now) !== JSON.stringify(image))
      return { imageId, done, left: 'it has changed since the run began; the next one looks at it again' };
    for (const action of actions) {
      await changeImage(run, image, action);
      done.push(action);
    }
    return { imageId, done };
  } catch (error) {
    return { imageId, done, error: shortMessage(error) };
  }
}
