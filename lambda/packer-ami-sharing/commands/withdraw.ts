import { CreateTagsCommand, EnableImageDeprecationCommand, type Image } from '@aws-sdk/client-ec2';
import { withdrawalAnnouncedTag, withdrawnTag, type ImageKind } from '../../../config/names';
import { CommandIncompleteError, ImageRefusedError, WithdrawalNotSeenError } from '../errors';
import { findImage } from '../images/find-image';
import { announce } from '../events/outcome-events';
import { publish } from '../accounts/publish';
import type { Published } from '../result';
import { retrying } from '../../common/retry';
import { brokenIdentity, kindOf, tagOf } from '../images/rules';
import type { Run } from '../run';
import { poll, secondsOf } from '../../common/poll';
import { isDeprecated } from './withdrawal-marks';

/** What withdrawing returns, logs and publishes on the event bus. */
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
 * Withdraws a bad image: marks it, moves every pointer that names it to the newest good one, announces that, deprecates
 * it, and at the end records that it was announced. A mark without that record, or without a deprecation, is a withdrawal
 * that was cut short, which `reconcile.ts` finishes: so it is announced at least once. Launch permissions stay, since
 * instances and templates may still name the image. Safe to repeat.
 *
 * @throws ImageRefusedError for what is no image of this factory
 * @throws CommandIncompleteError where a pointer still names the image, after the withdrawal was announced
 */
export async function withdraw(imageId: string, reason: string, run: Run): Promise<WithdrawalResult> {
  const { clients, settings, waits } = run;
  const image = await findImage(clients.ec2, imageId, waits);
  const facts = { image, snapshots: [], launchPermissions: [] };
  const broken = brokenIdentity(facts, { ...settings, now: new Date() });
  const kind = kindOf(image);
  if (broken.length > 0 || kind === undefined) throw new ImageRefusedError(imageId, broken);
  await mark(run, image, reason);
  const published = await publish(run, {
    kinds: [kind],
    accountIds: settings.serviceAccountIds,
    except: imageId,
    tagged: () => [],
    fresh: false,
    mayMoveBack: true,
    purpose: imageId,
  });
  const result = { ...withdrawalOf(image, kind, published), reason };
  await announce(run, 'withdrawn', result);
  await deprecate(run, image);
  await recordAnnouncement(run, image);
  const failures = result.accounts.flatMap(({ accountId, error }) =>
    error === undefined ? [] : [`${accountId}: ${error}`],
  );
  if (failures.length > 0) throw new CommandIncompleteError('withdraw', failures);
  return result;
}

/** Announces and deprecates an image that is marked, and whose pointers were moved. */
export async function finishWithdrawal(run: Run, image: Image, published: readonly Published[]): Promise<void> {
  const kind = kindOf(image);
  if (kind !== undefined) await announce(run, 'withdrawn', withdrawalOf(image, kind, published));
  await deprecate(run, image);
  await recordAnnouncement(run, image);
}

function withdrawalOf(image: Image, kind: ImageKind, published: readonly Published[]): WithdrawalResult {
  const { ImageId: imageId = '', Name: name = '' } = image;
  const accounts = published.map((account) => outcomeOf(imageId, kind, account));
  return { imageId, kind, name, reason: tagOf(image, withdrawnTag) ?? '', accounts };
}

/** One call sets both tags: a mark is never without the record that its announcement is still to come. */
async function mark(run: Run, image: Image, reason: string): Promise<void> {
  if (tagOf(image, withdrawnTag) === undefined)
    await setTags(run, image, { [withdrawnTag]: reason, [withdrawalAnnouncedTag]: 'no' });
}

async function recordAnnouncement(run: Run, image: Image): Promise<void> {
  if (tagOf(image, withdrawalAnnouncedTag) !== 'yes') await setTags(run, image, { [withdrawalAnnouncedTag]: 'yes' });
}

async function setTags(
  { clients: { ec2 }, waits, dryRun }: Run,
  { ImageId: imageId = '' }: Image,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  if (dryRun) return;
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  await retrying(() => ec2.send(new CreateTagsCommand({ Resources: [imageId], Tags })), waits);
  const seen = async () => {
    const now = await findImage(ec2, imageId, waits);
    return Tags.every(({ Key, Value }) => tagOf(now, Key) === Value) ? true : undefined;
  };
  if ((await poll(seen, waits.tags, waits.sleep)) === undefined)
    throw new WithdrawalNotSeenError(imageId, secondsOf(waits.tags));
}

async function deprecate({ clients: { ec2 }, waits, dryRun }: Run, image: Image): Promise<void> {
  const { ImageId: imageId = '' } = image;
  if (dryRun || isDeprecated(image)) return;
  const DeprecateAt = new Date(Date.now() + 90_000);
  await retrying(() => ec2.send(new EnableImageDeprecationCommand({ ImageId: imageId, DeprecateAt })), waits);
  const seen = async () => (isDeprecated(await findImage(ec2, imageId, waits)) ? true : undefined);
  if ((await poll(seen, waits.tags, waits.sleep)) === undefined)
    throw new WithdrawalNotSeenError(imageId, secondsOf(waits.tags));
}

function outcomeOf(imageId: string, kind: ImageKind, account: Published): AccountWithdrawal {
  const { accountId } = account;
  const failures = account.failures.filter(({ part }) => part === 'account' || part === kind);
  if (failures.length > 0) return { accountId, error: failures.map((failure) => failure.error).join('; ') };
  const pointer = account.pointers.find((one) => one.kind === kind);
  if (pointer?.imageId !== imageId)
    return { accountId, ...(pointer?.imageId !== undefined && { imageId: pointer.imageId }) };
  const error = pointer.pinned
    ? 'the image is pinned here; unpin it, or pin another one (docs/sharing.md, "Pin")'
    : 'there is no other good image of this kind that the pointer could name; build one';
  return { accountId, imageId, error };
}
