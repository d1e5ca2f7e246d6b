import { OperatorError } from '../common/errors';
import type { State } from './state';

export interface Moves {
  /** Only the cluster's state has them: they move. */
  readonly move: readonly string[];
  /** Both states have the same: a run before ended between its two writes. The cluster's state forgets them. */
  readonly forget: readonly string[];
}

/**
 * What is to be done for the account's state to have what its stack owns now.
 *
 * @param adopted addresses that the account's stack has, and the cluster's had
 * @throws OperatorError when both states have a resource of the same address, and it is not the same one
 */
export function movesOf(adopted: readonly string[], cluster: State, account: State): Moves {
  const there = adopted.filter((address) => cluster.ids.has(address));
  const inBoth = there.filter((address) => account.ids.has(address));
  const others = inBoth.filter((address) => account.ids.get(address) !== cluster.ids.get(address));
  if (others.length > 0)
    throw new OperatorError(
      [
        "The account's stack was deployed before this command, and made resources of its own beside those of the cluster:",
        ...others.map(
          (address) =>
            `  ${address}: ${String(account.ids.get(address))}, the cluster has ${String(cluster.ids.get(address))}`,
        ),
        "Take the new ones out of the account's state (`terraform state rm <address>` in its folder), run this command again,",
        'and delete what they named in AWS, once the next plan of the account shows that nothing uses it.',
      ].join('\n'),
    );
  return { move: there.filter((address) => !account.ids.has(address)), forget: inBoth };
}
