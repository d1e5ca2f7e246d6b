import { FunctionError } from '../common/errors';

/** The function has no notice for the event. */
export class UnknownEventError extends FunctionError {
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
export class UnknownBuildError extends FunctionError {
  override readonly name = 'UnknownBuildError';
  readonly permanent = false;

  constructor(buildId: string) {
    super(`CodeBuild does not know ${buildId}`);
  }
}

/** Some pipelines could not be looked at; approvals of the others were. */
export class WatchIncompleteError extends FunctionError {
  override readonly name = 'WatchIncompleteError';
  readonly permanent = false;

  constructor(failures: readonly string[]) {
    super(`Approvals of ${failures.length} pipelines could not be looked at:\n${failures.slice(0, 10).join('\n')}`);
  }
}
