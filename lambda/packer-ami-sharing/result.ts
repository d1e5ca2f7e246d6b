import type { ImageKind } from '../../config/names';

/** What became of a pointer: `kept-newer` where it names a newer image already, since pointers never move backwards. */
export type PointerOutcome = 'moved' | 'unchanged' | 'kept-newer';

/** What was done in one service account. Exactly one of `pointer` and `error` is there. */
export interface AccountResult {
  readonly accountId: string;
  /** `present` where the account could launch the image before. */
  readonly launchPermission: 'added' | 'present';
  readonly pointer?: PointerOutcome;
  /** Why the pointer is not published: name and message of the error. */
  readonly error?: string;
}

/** What the function returns and logs. */
export interface SharingResult {
  readonly imageId: string;
  readonly kind: ImageKind;
  readonly name: string;
  /** `project:uuid`; absent for a manual event. */
  readonly buildId?: string;
  /** Every service account, in the order of the settings. */
  readonly accounts: readonly AccountResult[];
}
