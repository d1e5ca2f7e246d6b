import type { SSMClient } from '@aws-sdk/client-ssm';
import { pointerName, roles, type ImageKind } from '../../../config/names';
import { CommandIncompleteError, ImageRefusedError, PointerNotMovedError } from '../errors';
import { inAccount } from '../accounts/in-account';
import { deletePin, readPointers, writePointer } from '../pointers/pointers';
import { publish } from '../accounts/publish';
import type { PointerChange } from '../result';
import type { Run } from '../run';
import { verifiedImage } from '../images/verify-image';
import { poll, secondsOf } from '../../common/poll';

/** What pinning and unpinning return and log. */
export interface PinResult {
  readonly accountId: string;
  readonly kind: ImageKind;
  /** The image that is pinned now; absent where none is. */
  readonly pinned?: string;
  /** What became of the pointer to run; absent in a dry run, which does not pretend to be pinned. */
  readonly pointer?: PointerChange;
}

/**
 * Pins an image in one account: its pointer to run names that image until it is unpinned, whatever is shared. The pin is
 * written before the pointer moves: a run that moves the pointer at the same time sees the pin when it reads back.
 *
 * @throws ImageRefusedError for an image that breaks a rule, or that the account may not launch; also where that came
 * true while it was being pinned, and then the pin is as it was before
 * @throws CommandIncompleteError where the pin is there and the pointer not yet
 */
export async function pin(accountId: string, imageId: string, run: Run): Promise<PinResult> {
  const { kind, launchPermissions } = await verifiedImage(run.clients.ec2, imageId, run.settings, run.waits);
  if (!launchPermissions.some(({ UserId }) => UserId === accountId))
    throw new ImageRefusedError(imageId, [
      { rule: `image is shared with ${accountId}`, value: 'no launch permission', fix: 'share the image first' },
    ]);
  const before = await writePin(run, accountId, kind, imageId);
  const done = await reconciled(run, accountId, kind);
  // A command that withdraws the image at this moment looks at the pins after it has marked it: one of the two sees the other.
  await verifiedImage(run.clients.ec2, imageId, run.settings, run.waits).catch(async (error: unknown) => {
    await takeBack(run, accountId, kind, before);
    throw error;
  });
  return { accountId, kind, pinned: imageId, ...done };
}

/**
 * Takes the pin of one account and kind away; its pointer moves to the newest image.
 *
 * @throws CommandIncompleteError where the pin is gone and the pointer not yet where it should be
 */
export async function unpin(accountId: string, kind: ImageKind, run: Run): Promise<PinResult> {
  if (!run.dryRun)
    await inAccount(run, { accountId, role: roles.publisher, purpose: `unpin-${kind}` }, ({ ssm }) =>
      deletePin(ssm, kind),
    );
  return { accountId, kind, ...(await reconciled(run, accountId, kind)) };
}

/** @returns what was pinned before */
async function writePin(run: Run, accountId: string, kind: ImageKind, imageId: string): Promise<string | undefined> {
  const { waits } = run;
  if (run.dryRun) return undefined;
  const pinned = async (ssm: SSMClient) => (await readPointers(ssm, [kind]))(kind).pinned;
  return inAccount(run, { accountId, role: roles.publisher, purpose: imageId }, async ({ ssm }) => {
    const before = await pinned(ssm);
    if (before === imageId) return before;
    await writePointer(ssm, kind, 'pinned', imageId);
    const seen = async () => ((await pinned(ssm)) === imageId ? true : undefined);
    if ((await poll(seen, waits.pointer, waits.sleep)) === undefined)
      throw new PointerNotMovedError(pointerName(kind, 'pinned'), imageId, secondsOf(waits.pointer));
    return before;
  });
}

async function takeBack(run: Run, accountId: string, kind: ImageKind, before: string | undefined): Promise<void> {
  if (run.dryRun) return;
  await inAccount(run, { accountId, role: roles.publisher, purpose: `unpin-${kind}` }, ({ ssm }) =>
    before === undefined ? deletePin(ssm, kind) : writePointer(ssm, kind, 'pinned', before),
  );
  await reconciled(run, accountId, kind);
}

async function reconciled(run: Run, accountId: string, kind: ImageKind): Promise<Pick<PinResult, 'pointer'>> {
  if (run.dryRun) return {};
  const [account] = await publish(run, {
    kinds: [kind],
    accountIds: [accountId],
    tagged: () => [],
    fresh: false,
    mayMoveBack: true,
    purpose: `pin-${kind}`,
  });
  const errors = account?.failures.map(({ error }) => `${accountId}: ${error}`) ?? [];
  if (errors.length > 0) throw new CommandIncompleteError('pin', errors);
  const [pointer] = account?.pointers ?? [];
  return pointer === undefined ? {} : { pointer };
}
