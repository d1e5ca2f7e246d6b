import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DeregisterImageCommand,
  DescribeSnapshotsCommand,
  DisableImageCommand,
  DisableImageDeregistrationProtectionCommand,
  EnableImageDeprecationCommand,
  EnableImageDeregistrationProtectionCommand,
} from '@aws-sdk/client-ec2';
import { functions, retirementTags } from '../../../config/names';
import { poll, secondsOf } from '../../common/poll';
import { isImageGone, retrying } from '../../common/retry';
import type { Action } from '../decide/decide';
import type { ImageFacts } from '../decide/facts';
import { ChangeNotSeenError, SnapshotsLeftError } from '../errors';
import { imageNow } from '../images/list-images';
import type { Run } from '../run';

/**
 * Does one thing with an image, and looks at it afterwards. Safe to repeat, and each ends in a state that the next run
 * goes on from: what an image has is all that is known of it.
 *
 * @throws ChangeNotSeenError, SnapshotsLeftError, or what EC2 answers
 */
export const changeImage = (run: Run, image: ImageFacts, action: Action): Promise<void> => actions[action](run, image);

const actions: Readonly<Record<Action, (run: Run, image: ImageFacts) => Promise<void>>> = {
  deprecate: async (run, { imageId }) => {
    // EC2 takes no time that is past, and rounds to the minute (Amazon EC2 API Reference, "EnableImageDeprecation").
    const DeprecateAt = new Date(Date.now() + 90_000);
    await send(run, () => run.clients.ec2.send(new EnableImageDeprecationCommand({ ImageId: imageId, DeprecateAt })));
    await seen(
      run,
      imageId,
      'deprecated',
      ({ deprecatedAt = Infinity }) => deprecatedAt <= DeprecateAt.getTime() + 60_000,
    );
  },

  disable: async (run, image) => {
    await send(run, () => run.clients.ec2.send(new DisableImageCommand({ ImageId: image.imageId })));
    await seen(run, image.imageId, 'disabled', ({ state }) => state === 'disabled');
    await actions.record(run, image);
  },

  record: (run, image) => tag(run, image, retirementTags.disabledAt, new Date(run.now).toISOString()),

  forget: (run, image) => untag(run, image, retirementTags.disabledAt),

  protect: async (run, image) => {
    // First the tag: what has the protection and no tag would be taken for another's, and stay for ever.
    await tag(run, image, retirementTags.protectedBy, functions.cleanup);
    const command = new EnableImageDeregistrationProtectionCommand({ ImageId: image.imageId, WithCooldown: false });
    await send(run, () => run.clients.ec2.send(command));
  },

  unprotect: async (run, image) => {
    const command = new DisableImageDeregistrationProtectionCommand({ ImageId: image.imageId });
    if (image.isProtected) await send(run, () => run.clients.ec2.send(command));
    await untag(run, image, retirementTags.protectedBy);
  },

  deregister: async (run, image) => {
    const { imageId, snapshotIds } = image;
    const command = new DeregisterImageCommand({ ImageId: imageId, DeleteAssociatedSnapshots: true });
    const results = await send(run, () => run.clients.ec2.send(command)).then(
      ({ DeleteSnapshotResults = [] }) => DeleteSnapshotResults,
      (error: unknown) => {
        // An attempt whose answer was lost has done it.
        if (isImageGone(error)) return [];
        throw error;
      },
    );
    await seenGone(run, imageId);
    // `skipped` are those that another image has too: they stay with it.
    const failed = results.filter(({ ReturnCode }) => ReturnCode !== 'success' && ReturnCode !== 'skipped');
    const skipped = new Set(
      results.flatMap(({ ReturnCode, SnapshotId }) => (ReturnCode === 'skipped' ? (SnapshotId ?? []) : [])),
    );
    const left = await snapshotsLeft(
      run,
      snapshotIds.filter((id) => !skipped.has(id)),
    );
    if (left.length > 0)
      throw new SnapshotsLeftError(
        imageId,
        left.map((id) => `${id} ${failed.find(({ SnapshotId }) => SnapshotId === id)?.ReturnCode ?? 'is still there'}`),
      );
  },
};

const send = <T>(run: Run, call: () => Promise<T>): Promise<T> => retrying(call, run.waits);

async function tag(run: Run, { imageId }: ImageFacts, Key: string, Value: string): Promise<void> {
  await send(run, () => run.clients.ec2.send(new CreateTagsCommand({ Resources: [imageId], Tags: [{ Key, Value }] })));
}

async function untag(run: Run, { imageId }: ImageFacts, Key: string): Promise<void> {
  await send(run, () => run.clients.ec2.send(new DeleteTagsCommand({ Resources: [imageId], Tags: [{ Key }] })));
}

/** Waits until EC2 shows the image as it should be. */
export async function seen(
  run: Run,
  imageId: string,
  change: string,
  isDone: (image: ImageFacts) => boolean,
): Promise<void> {
  const look = async () => {
    const image = await send(run, () => imageNow(run.clients.ec2, imageId));
    return image !== undefined && isDone(image) ? true : undefined;
  };
  if ((await poll(look, run.waits.change, run.waits.sleep)) === undefined)
    throw new ChangeNotSeenError(imageId, change, secondsOf(run.waits.change));
}

async function seenGone(run: Run, imageId: string): Promise<void> {
  const look = async () =>
    (await send(run, () => imageNow(run.clients.ec2, imageId))) === undefined ? true : undefined;
  if ((await poll(look, run.waits.change, run.waits.sleep)) === undefined)
    throw new ChangeNotSeenError(imageId, 'deregistered', secondsOf(run.waits.change));
}

/** Those of the snapshots that are still there after a while. */
async function snapshotsLeft(run: Run, snapshotIds: readonly string[]): Promise<readonly string[]> {
  if (snapshotIds.length === 0) return [];
  let left = snapshotIds;
  const look = async () => {
    const Filters = [{ Name: 'snapshot-id', Values: [...snapshotIds] }];
    const command = new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters });
    const { Snapshots = [] } = await send(run, () => run.clients.ec2.send(command));
    left = Snapshots.flatMap(({ SnapshotId }) => SnapshotId ?? []);
    return left.length === 0 ? true : undefined;
  };
  await poll(look, run.waits.change, run.waits.sleep);
  return left;
}
