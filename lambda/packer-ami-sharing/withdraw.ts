import { CreateTagsCommand, EnableImageDeprecationCommand, type Image } from '@aws-sdk/client-ec2';
import { withdrawnTag, type ImageKind } from '../../config/names';
import { CommandIncompleteError, ImageRefusedError, WithdrawalNotSeenError } from './errors';
import { findImage } from './find-image';
import { announce } from './outcome-events';
import { publish } from './publish';
import type { Published } from './result';
import { retrying } from './retry';
import { brokenIdentity, kindOf, tagOf } from './rules';
import type { Run } from './run';
import { poll, secondsOf } from './waits';

/** What withdrawing returns, logs and tells the event bus. */
export interface WithdrawalResult {
  readonly imageId: string;
  readonly kind: ImageKind;
  readonly name: string;
  readonly reason: string;
  /** Where the pointers of each service account are now, or why one is not where it should be. */
  readonly accounts: readonly AccountWithdrawal[];
}

interface AccountWithdrawal {
  readonly accountId: string;
  /** The image that the pointer names now. */
  readonly imageId?: string;
  readonly error?: string;
}

/**
 * Withdraws a bad image: marks and deprecates it, and moves every pointer that names it to the newest good one. Launch
 * permissions stay, since instances and templates may still name it. Safe to repeat.
 *
 * @throws ImageRefusedError for what is no image of this factory
 * @throws CommandIncompleteError where a pointer still names the image, after the event bus has heard of the withdrawal
 */
export async function withdraw(imageId: string, reason: string, run: Run): Promise<WithdrawalResult> {
  const { clients, settings, waits } = run;
  const image = await findImage(clients.ec2, imageId, waits);
  const facts = { image, snapshots: [], launchPermissions: [] };
  const broken = brokenIdentity(facts, { ...settings, now: new Date() });
  const kind = kindOf(image);
  if (broken.length > 0 || kind === undefined) throw new ImageRefusedError(imageId, broken);
  await takeOut(run, image, reason);
  const published = await publish(run, {
    kinds: [kind],
    accountIds: settings.serviceAccountIds,
    except: imageId,
    tagged: () => [],
    fresh: false,
    mayMoveBack: true,
    purpose: imageId,
  });
  const accounts = published.map((account) => outcomeOf(imageId, account));
  const result = { imageId, kind, name: image.Name ?? '', reason, accounts };
  await announce(run, 'withdrawn', result);
  const failures = accounts.flatMap(({ accountId, error }) => (error === undefined ? [] : [`${accountId}: ${error}`]));
  if (failures.length > 0) throw new CommandIncompleteError('withdraw', failures);
  return result;
}

/**
 * Marks an image as withdrawn, and then deprecates it; the mark comes first, for all who ask whether it is good. Reads
 * both back.
 */
export async function takeOut({ clients: { ec2 }, waits, dryRun }: Run, image: Image, reason: string): Promise<void> {
  const { ImageId: imageId = '' } = image;
  const isOut = ({ DeprecationTime }: Image) => DeprecationTime !== undefined && Date.parse(DeprecationTime) < soon();
  if (dryRun || (isOut(image) && tagOf(image, withdrawnTag) !== undefined)) return;
  await retrying(async () => {
    await ec2.send(
      new CreateTagsCommand({
        Resources: [imageId],
        Tags: [{ Key: withdrawnTag, Value: tagOf(image, withdrawnTag) ?? reason }],
      }),
    );
    if (!isOut(image))
      await ec2.send(new EnableImageDeprecationCommand({ ImageId: imageId, DeprecateAt: new Date(soon()) }));
  }, waits);
  const seen = async () => {
    const now = await findImage(ec2, imageId, waits);
    return tagOf(now, withdrawnTag) !== undefined && now.DeprecationTime !== undefined ? true : undefined;
  };
  if ((await poll(seen, waits.tags, waits.sleep)) === undefined)
    throw new WithdrawalNotSeenError(imageId, secondsOf(waits.tags));
}

/** EC2 takes no time that is past, and rounds to the nearest minute (EC2 API Reference, "EnableImageDeprecation"). */
const soon = (): number => Date.now() + 90_000;

function outcomeOf(imageId: string, account: Published): AccountWithdrawal {
  const { accountId, failures } = account;
  if (failures.length > 0) return { accountId, error: failures.map((failure) => failure.error).join('; ') };
  const [pointer] = account.pointers;
  if (pointer?.imageId !== imageId)
    return { accountId, ...(pointer?.imageId !== undefined && { imageId: pointer.imageId }) };
  const error = pointer.pinned
    ? 'the image is pinned here; unpin it, or pin another one (docs/sharing.md, "Pin")'
    : 'there is no other good image of this kind that the pointer could name; build one';
  return { accountId, imageId, error };
}
