import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DisableImageDeprecationCommand,
  EnableImageCommand,
} from '@aws-sdk/client-ec2';
import { retirementTags } from '../../../config/names';
import { retrying } from '../../common/retry';
import { UndoRefusedError } from '../errors';
import { imageNow } from '../images/list-images';
import type { Run } from '../run';
import { seen } from './change-image';

/** What taking a retirement back came to. */
export interface UndoResult {
  readonly imageId: string;
  /** What the image was before. */
  readonly was: { readonly state: string; readonly isDeprecated: boolean };
  /** Whether anything was, or in a dry run would be, changed. */
  readonly isChanged: boolean;
}

/**
 * Takes the retirement of an image back: it can be launched again, is no longer deprecated, and its grace periods begin
 * again. Whom it is shared with EC2 has forgotten when it disabled it; only the sharing Lambda may give that back, and does,
 * for every image that is neither disabled nor deprecated. Safe to repeat: what was cut short is finished.
 *
 * @throws UndoRefusedError for an image that is gone, is none of the factory's, or was withdrawn
 */
export async function undo(imageId: string, run: Run): Promise<UndoResult> {
  const { clients, waits, dryRun } = run;
  const { ec2 } = clients;
  const image = await retrying(() => imageNow(ec2, imageId), waits);
  if (image === undefined)
    throw new UndoRefusedError(
      imageId,
      'there is no such image of the factory any more; one that was deregistered can be restored while the Recycle Bin ' +
        'keeps it (docs/retirement.md, "Undo")',
    );
  if (image.isWithdrawn)
    throw new UndoRefusedError(
      imageId,
      'it was withdrawn as a bad one; where that was wrong, take the withdrawal back first (docs/sharing.md, "Withdraw")',
    );
  const { state, deprecatedAt, disabledAt } = image;
  const isDisabled = state === 'disabled';
  const result: UndoResult = {
    imageId,
    was: { state, isDeprecated: deprecatedAt !== undefined },
    isChanged: isDisabled || deprecatedAt !== undefined || disabledAt !== undefined,
  };
  if (dryRun || !result.isChanged) return result;

  const send = <T>(call: () => Promise<T>): Promise<T> => retrying(call, waits);
  // First of all: a run that comes in between must not go on where it was.
  const Tags = [{ Key: retirementTags.undoneAt, Value: new Date(run.now).toISOString() }];
  await send(() => ec2.send(new CreateTagsCommand({ Resources: [imageId], Tags })));
  if (deprecatedAt !== undefined) {
    await send(() => ec2.send(new DisableImageDeprecationCommand({ ImageId: imageId })));
    await seen(run, imageId, 'undeprecated', (now) => now.deprecatedAt === undefined);
  }
  if (isDisabled) {
    await send(() => ec2.send(new EnableImageCommand({ ImageId: imageId })));
    await seen(run, imageId, 'enabled', (now) => now.state === 'available');
  }
  if (disabledAt !== undefined)
    await send(() =>
      ec2.send(new DeleteTagsCommand({ Resources: [imageId], Tags: [{ Key: retirementTags.disabledAt }] })),
    );
  return result;
}
