import type { Image } from '@aws-sdk/client-ec2';
import { roles } from '../../config/names';
import { tagImages } from './account-tags';
import { inAccount } from './in-account';
import { readPointers } from './pointers';
import type { AccountChange } from './result';
import type { Run } from './run';
import { settlePointer, targetOf } from './settle-pointer';
import type { Shelf } from './shelf';

/** What a service account should have. */
export interface Goal {
  /** One for each kind whose pointer is looked after. */
  readonly shelves: readonly Shelf[];
  /** The images that should carry the factory's tags there. */
  readonly tagged: readonly Image[];
  /** Whether an account whose pointers are not right yet has no tags either, as on a first sharing. */
  readonly fresh: boolean;
  readonly mayMoveBack: boolean;
  /** What the session is for, as CloudTrail of the account shows it. */
  readonly purpose: string;
}

/**
 * Gives a service account what it should have: tags first, so that no pointer ever names an image without them. A first
 * sharing takes 6 calls: the role, the pointers, the tags and a look at them, the pointer and a look at it. One that was
 * cut short takes no more, since tags are looked at first only where the pointers are right already.
 *
 * @throws whatever stands in the way in this account
 */
export const settleAccount = (
  run: Run,
  accountId: string,
  { shelves, tagged, fresh, mayMoveBack, purpose }: Goal,
): Promise<AccountChange> =>
  inAccount(run, { accountId, role: roles.publisher, purpose }, async ({ ec2, ssm }) => {
    const pointersOf = await readPointers(
      ssm,
      shelves.map(({ kind }) => kind),
    );
    const destinations = shelves.map((shelf) => ({ accountId, shelf, mayMoveBack, expected: run.settings }));
    const settled = destinations.every((destination) => {
      const now = pointersOf(destination.shelf.kind);
      const target = targetOf(destination, now);
      return target === undefined || target === now.latest;
    });
    const retagged = await tagImages(ec2, tagged, { ...run, unseen: fresh && !settled });
    const pointers = [];
    for (const destination of destinations)
      pointers.push(await settlePointer(ssm, destination, pointersOf(destination.shelf.kind), run));
    return { tagged: retagged, pointers };
  });
