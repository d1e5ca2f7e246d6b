import type { ImageKind } from '../../config/names';

/** What became of one pointer. */
export interface PointerChange {
  readonly kind: ImageKind;
  /** What it names now; absent where there is no image that it could name. */
  readonly imageId?: string;
  /** What it named before; absent where it did not exist. */
  readonly was?: string;
  readonly moved: boolean;
  /** Whether a pin decides. */
  readonly pinned: boolean;
  /** The image that staging validated, where the account has a pointer to it. */
  readonly validated?: string;
}

/** What could not be done in one service account: in all of it, with tags, or with the pointers of one kind of image. */
export interface AccountFailure {
  readonly part: 'account' | 'tags' | ImageKind;
  /** Name and message of the error. */
  readonly error: string;
}

/** What was done in one service account, or would be done where nothing is to be changed. */
export interface Published {
  readonly accountId: string;
  /** Images whose tags were missing. */
  readonly tagged: readonly string[];
  /** Of every kind that nothing stood in the way of. */
  readonly pointers: readonly PointerChange[];
  /** What stood in the way; it stops nothing else. */
  readonly failures: readonly AccountFailure[];
  /** Whether the time of the run ended first; what is missing is left to the next one. */
  readonly isCutShort: boolean;
}

/**
 * What became of a pointer when an image was shared: `kept-newer` where it names a newer image already, since pointers
 * never move backwards, `pinned` where an operator's pin decides.
 */
export type PointerOutcome = 'moved' | 'unchanged' | 'kept-newer' | 'pinned';

/** What was done in one service account. Either `pointer` and `tags`, or `error` is there. */
export interface AccountResult {
  readonly accountId: string;
  /** `present` where the account could launch the image before, `missing` where EC2 does not let it. */
  readonly launchPermission: 'added' | 'present' | 'missing';
  readonly tags?: 'added' | 'present';
  readonly pointer?: PointerOutcome;
  /** Why the image is not published there: name and message of the error. */
  readonly error?: string;
}

/** What sharing returns and logs. */
export interface SharingResult {
  readonly imageId: string;
  readonly kind: ImageKind;
  readonly name: string;
  /** `project:uuid`; absent for a manual event. */
  readonly buildId?: string;
  /** Every service account, in the order of the settings. */
  readonly accounts: readonly AccountResult[];
}
