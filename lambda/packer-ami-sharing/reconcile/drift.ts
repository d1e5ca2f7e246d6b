import type { ImageKind } from '../../../config/names';
import { nameOf } from '../accounts/launch-permissions';
import { hasOtherPermissions, type ImageState } from './reconcile-permissions';
import type { Published } from '../result';

/** One thing that was not as it should be. */
export type Drift =
  | {
      readonly what: 'launch permissions';
      readonly imageId: string;
      readonly added: readonly string[];
      readonly removed: readonly string[];
    }
  | { readonly what: 'tags'; readonly accountId: string; readonly imageIds: readonly string[] }
  | {
      readonly what: 'pointer';
      readonly accountId: string;
      readonly kind: ImageKind;
      readonly from?: string;
      readonly to?: string;
    }
  | { readonly what: 'IMDSv2'; readonly imageId: string }
  | { readonly what: 'withdrawal'; readonly imageId: string };

/** The most entries of a list in a result or an event: it has to fit into one event and one line of the log. */
export const longest = 100;

/** Bytes of the drift in an event: all of it must be less than 256 KB (Amazon EventBridge User Guide, "PutEvents"). */
const mostBytes = 200_000;

/** The first ones, as many as fit into an event. One entry alone always does. */
export function fitting(found: readonly Drift[]): readonly Drift[] {
  let bytes = 0;
  const first = found.slice(0, longest);
  const tooMuch = first.findIndex((drift) => (bytes += Buffer.byteLength(JSON.stringify(drift)) + 1) > mostBytes);
  return tooMuch === -1 ? first : first.slice(0, tooMuch);
}

export const imageDrift = (state: ImageState): readonly Drift[] => [
  ...(state.lacksImdsV2 ? [{ what: 'IMDSv2' as const, imageId: state.imageId }] : []),
  ...(hasOtherPermissions(state)
    ? [
        {
          what: 'launch permissions' as const,
          imageId: state.imageId,
          added: state.change.add.slice(0, longest),
          removed: state.change.remove.map(nameOf).slice(0, longest),
        },
      ]
    : []),
];

export function accountDrift(account: Published): readonly Drift[] {
  const { accountId, tagged, pointers } = account;
  const moved = pointers.filter((pointer) => pointer.moved);
  return [
    ...(tagged.length === 0 ? [] : [{ what: 'tags' as const, accountId, imageIds: tagged.slice(0, 10) }]),
    ...moved.map(({ kind, was, imageId }): Drift => ({
      what: 'pointer',
      accountId,
      kind,
      ...(was !== undefined && { from: was }),
      ...(imageId !== undefined && { to: imageId }),
    })),
  ];
}

/** What was found, with what turned up while it was repaired. */
export function allOf(found: readonly Drift[], later: readonly Drift[]): readonly Drift[] {
  const keyOf = (drift: Drift): string =>
    [drift.what, ...['imageId', 'accountId', 'kind'].map((key) => String(Reflect.get(drift, key)))].join();
  return [...new Map([...found, ...later].map((drift) => [keyOf(drift), drift])).values()];
}
