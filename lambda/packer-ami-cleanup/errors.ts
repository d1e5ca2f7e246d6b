import { FunctionError } from '../common/errors';
import { truncatedList } from '../common/truncated-list';

/** An answer of AWS is not whole. An empty list is whole; a list that is missing is not. */
export class IncompleteAnswerError extends FunctionError {
  override readonly name = 'IncompleteAnswerError';
  readonly permanent = false;

  constructor(action: string, reason: string) {
    super(`The answer of ${action} is not whole: ${reason}. Nothing may be concluded from it; run again`);
  }
}

/** A launch template names an image by a parameter that cannot be read. */
export class UnreadableParameterError extends FunctionError {
  override readonly name = 'UnreadableParameterError';
  readonly permanent = true;

  constructor(parameter: string, user: string) {
    super(
      `${user} names its image by ${parameter}, which is of another account and cannot be read; share the parameter ` +
        'with the account, or delete the versions of the template that name it',
    );
  }
}

/** A source of what is in use, and why it did not answer. */
export interface FailedSource {
  readonly accountId: string;
  /** What was to be read there. */
  readonly source: string;
  /** Name and message of the error. */
  readonly error: string;
}

/** Not everything that may use an image could be looked at. Nothing was changed. */
export class SourcesFailedError extends FunctionError {
  override readonly name = 'SourcesFailedError';
  readonly permanent = false;

  constructor(readonly sources: readonly FailedSource[]) {
    const lines = sources.map(({ accountId, source, error }) => `${accountId}, ${source}: ${error}`);
    super(
      `Nothing was retired: ${sources.length} of the sources that show what is in use did not answer. Repair them ` +
        `(docs/retirement.md, "Nothing was retired"):\n${truncatedList(lines)}`,
    );
  }
}

/** Something could not be done with images or with what builds left. The rest was done; a repetition does what is missing. */
export class RetirementIncompleteError extends FunctionError {
  override readonly name = 'RetirementIncompleteError';
  readonly permanent = false;

  constructor(failures: readonly string[]) {
    super(`${failures.length} changes were not made, all others were:\n${truncatedList(failures)}`);
  }
}

/** EC2 accepted a change, but does not show it within the wait. */
export class ChangeNotSeenError extends FunctionError {
  override readonly name = 'ChangeNotSeenError';
  readonly permanent = false;

  constructor(resource: string, change: string, waitedSeconds: number) {
    super(`${resource} does not show ${waitedSeconds} s later that it was ${change}; the next run looks again`);
  }
}

/** A snapshot of an image that was deregistered is still there. The next run finds it among what builds left. */
export class SnapshotsLeftError extends FunctionError {
  override readonly name = 'SnapshotsLeftError';
  readonly permanent = false;

  constructor(imageId: string, results: readonly string[]) {
    super(`${imageId} is deregistered, but not all of its snapshots are deleted: ${truncatedList(results)}`);
  }
}

/** The image is not one whose retirement can be taken back. */
export class UndoRefusedError extends FunctionError {
  override readonly name = 'UndoRefusedError';
  readonly permanent = true;

  constructor(imageId: string, reason: string) {
    super(`The retirement of ${imageId} cannot be taken back: ${reason}`);
  }
}

/** The command is none. */
export class InvalidCommandError extends FunctionError {
  override readonly name = 'InvalidCommandError';
  readonly permanent = true;

  constructor(problems: readonly string[]) {
    super(`The command is refused: ${truncatedList(problems.map((problem) => problem.slice(0, 200)))}`);
  }
}
