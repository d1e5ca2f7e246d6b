/** What this function raises by itself. AWS's own errors pass through as they are. */
export abstract class NoticeError extends Error {
  /** Whether the same event will fail again until a person changes something. */
  abstract readonly permanent: boolean;
}

/** A setting of the function is missing or malformed. */
export class SettingsError extends NoticeError {
  override readonly name = 'SettingsError';
  readonly permanent = true;

  /** @param problems one per variable, each starting with the variable's name */
  constructor(problems: readonly string[]) {
    super(`The function's environment has ${problems.length} wrong variables:\n${problems.join('\n')}`);
  }
}

/** Nobody would know what to say of the event. */
export class UnknownEventError extends NoticeError {
  override readonly name = 'UnknownEventError';
  readonly permanent = true;

  /** @param reason names fields only: an event may carry anything */
  constructor(reason: string) {
    super(
      `The event is refused: ${reason}; teach lambda/boundless-notices about it, or correct the rule that sends it`,
    );
  }
}

/** CodeBuild does not know the build of an event. */
export class UnknownBuildError extends NoticeError {
  override readonly name = 'UnknownBuildError';
  readonly permanent = false;

  constructor(buildId: string) {
    super(`CodeBuild does not know ${buildId}`);
  }
}

/** Some pipelines could not be looked at; approvals of the others were. */
export class WatchIncompleteError extends NoticeError {
  override readonly name = 'WatchIncompleteError';
  readonly permanent = false;

  constructor(failures: readonly string[]) {
    super(`Approvals of ${failures.length} pipelines could not be looked at:\n${failures.slice(0, 10).join('\n')}`);
  }
}
