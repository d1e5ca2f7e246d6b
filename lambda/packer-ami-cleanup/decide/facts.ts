/** What decides about an image: a few hundred bytes of what EC2 has of it. Times are in ms since 1970. */
export interface ImageFacts {
  readonly imageId: string;
  readonly name: string;
  /** Kind and environment: the newest of each family stay. */
  readonly family: string;
  /** NaN where EC2 has no time: such an image stays. */
  readonly created: number;
  /** As EC2 has it: `available`, `disabled`, or a state of an image that is being made or was not. */
  readonly state: string;
  /** When its deprecation began or begins. */
  readonly deprecatedAt?: number;
  /** When it was recorded as disabled; EC2 has no time of it. */
  readonly disabledAt?: number;
  /** When an operator last took its retirement back. */
  readonly undoneAt?: number;
  /** When it was last launched, in any account; EC2 shows it a day late. */
  readonly lastLaunchedAt?: number;
  readonly isWithdrawn: boolean;
  /** Whether its build set the last tags; if not, the build was interrupted and the image was never shared. */
  readonly isComplete: boolean;
  /** Value of the tag `Keep`. */
  readonly keep?: string;
  /** Whether EC2 refuses to deregister it. */
  readonly isProtected: boolean;
  /** Whether that is so because this function asked for it. */
  readonly isProtectedHere: boolean;
  readonly snapshotIds: readonly string[];
  /** Sizes of its volumes, added up: what its snapshots hold at most. */
  readonly gib: number;
}

/** What uses an image: a resource of an account. */
export interface Use {
  readonly accountId: string;
  /** What kind of resource, in a few words. */
  readonly what: string;
  /** Its id or name. */
  readonly resource: string;
  /** Whether it names the image as the one that is released there: a `validated` pointer. */
  readonly isRelease?: boolean;
}

/** What uses each image; an image that nothing uses is left out. */
export type Uses = ReadonlyMap<string, readonly Use[]>;

/** How long images stay; `config/schema/retirement.ts` has the limits of each value, and the reasons. */
export interface RetirementRules {
  /** So many images of each kind and environment stay, the newest that can be launched. */
  readonly keepNewest: number;
  /** Younger images stay. */
  readonly minimumAgeDays: number;
  /** Images that were launched since then stay. */
  readonly lastLaunchedDays: number;
  /** From the image that made it one too many to its deprecation. */
  readonly supersededDays: number;
  /** From its deprecation until it is disabled. */
  readonly deprecatedDays: number;
  /** From then until it is deregistered. */
  readonly disabledDays: number;
  /** Images whose phase changes in one run, at most. */
  readonly changesPerRun: number;
}
