import { FunctionError } from '../common/errors';
export { shortMessage } from '../common/errors';
import { truncatedList } from '../common/truncated-list';
import type { SharingResult } from './result';
import type { BrokenRule } from './images/rules';

/** The event does not name, or CodeBuild does not know, the one image that a build of this factory made. */
export class InvalidEventError extends FunctionError {
  override readonly name = 'InvalidEventError';
  readonly permanent = true;

  /** @param reason names fields only: an event carries the variables of a build, which may be anything */
  constructor(reason: string) {
    super(`The event is refused: ${reason}`);
  }
}

/** The command is none, or names what does not exist. */
export class InvalidCommandError extends FunctionError {
  override readonly name = 'InvalidCommandError';
  readonly permanent = true;

  constructor(problems: readonly string[]) {
    super(`The command is refused: ${truncatedList(problems.map((problem) => problem.slice(0, 200)))}`);
  }
}

/** A command could not be done everywhere; what it names is left to do, and a repetition does only that. */
export class CommandIncompleteError extends FunctionError {
  override readonly name = 'CommandIncompleteError';
  readonly permanent = false;

  constructor(command: string, failures: readonly string[]) {
    super(`${command} is not done:\n${failures.join('\n')}`);
  }
}

/** EC2 accepted the withdrawal, but does not show it within the wait. No pointer was moved. */
export class WithdrawalNotSeenError extends FunctionError {
  override readonly name = 'WithdrawalNotSeenError';
  readonly permanent = false;

  constructor(imageId: string, waitedSeconds: number) {
    super(
      `${imageId} does not show its deprecation and its tag ${waitedSeconds} s after they were set; withdraw it again`,
    );
  }
}

/** The image did not become visible or available within the wait. */
export class ImageNotReadyError extends FunctionError {
  override readonly name = 'ImageNotReadyError';
  readonly permanent = false;
}

/** The image is not one that this factory may share. Nothing was changed. */
export class ImageRefusedError extends FunctionError {
  override readonly name = 'ImageRefusedError';
  readonly permanent = true;

  constructor(
    imageId: string,
    readonly brokenRules: readonly BrokenRule[],
  ) {
    const lines = brokenRules.map(({ rule, value, fix }) => `${rule}: found ${value}; ${fix}`);
    super(`${imageId} is refused, it breaks ${brokenRules.length} rules:\n${lines.join('\n')}`);
  }
}

/** Instances of the image could start without IMDSv2, and EC2 did not let that be changed. It was given to no account. */
export class ImdsSupportError extends FunctionError {
  override readonly name = 'ImdsSupportError';

  /** @param cause why EC2 did not change it */
  constructor(
    imageId: string,
    cause: string,
    readonly permanent: boolean,
  ) {
    super(
      `${imageId} is given to no further account: ModifyImageAttribute did not set ImdsSupport to v2.0, so that its ` +
        `instances could start without IMDSv2 (${cause}); let packer-ami-sharing-role do that, then redrive the event`,
    );
  }
}

/** EC2 accepted a launch permission, but does not list it as it was set. The account's pointer was not moved. */
export class LaunchPermissionsWrongError extends FunctionError {
  override readonly name = 'LaunchPermissionsWrongError';
  readonly permanent = false;

  constructor(imageId: string, waitedSeconds: number) {
    super(
      `${imageId} has not the launch permission that was set ${waitedSeconds} s before; ` +
        `look in CloudTrail for who else changes it, then redrive the event`,
    );
  }
}

/** EC2 of a service account accepted the tags, but does not show them within the wait. Its pointer was not moved. */
export class TagsMissingError extends FunctionError {
  override readonly name = 'TagsMissingError';
  readonly permanent = false;

  constructor(imageIds: readonly string[], waitedSeconds: number) {
    super(
      `${truncatedList(imageIds)} can't be seen with the factory's tags in the account ${waitedSeconds} s after they were ` +
        `written; check that the account sees the image (aws ec2 describe-images), then redrive the event`,
    );
  }
}

/** A pin names an image that can't be launched. The pointer was left where it was. */
export class PinUnusableError extends FunctionError {
  override readonly name = 'PinUnusableError';
  readonly permanent = true;

  constructor(pin: string, imageId: string, accountId: string) {
    super(
      `${pin} of ${accountId} names ${imageId}, which is no available image of that kind; ` +
        `pin another image, or unpin (docs/sharing.md, "Pin")`,
    );
  }
}

/** Another writer changes the pointer between every look and write. */
export class PointerContendedError extends FunctionError {
  override readonly name = 'PointerContendedError';
  readonly permanent = false;

  constructor(pointer: string, attempts: number) {
    super(
      `${pointer} was changed by another writer ${attempts} times while it was being moved; ` +
        `look in CloudTrail for who writes it, then redrive the event`,
    );
  }
}

/** Newer images were shared again and again while pointers were being moved. */
export class PointersNotConvergedError extends FunctionError {
  override readonly name = 'PointersNotConvergedError';
  readonly permanent = false;

  constructor(rounds: number) {
    super(
      `Newer images turned up ${rounds} times while pointers moved; the retry, or the next reconcile run, converges`,
    );
  }
}

/** Parameter Store accepted a pointer, but does not show it within the wait. */
export class PointerNotMovedError extends FunctionError {
  override readonly name = 'PointerNotMovedError';
  readonly permanent = false;

  constructor(pointer: string, imageId: string, waitedSeconds: number) {
    super(
      `${pointer} does not name ${imageId} ${waitedSeconds} s after it was written: Parameter Store checks images after ` +
        `it answers, and drops one that the account does not see; share the image with it (where it is pinned and ` +
        `deprecated, unpin, or pin another one), or let the publisher role call ec2:DescribeImages, then redrive the event`,
    );
  }
}

/** The event bus did not take an event. */
export class EventRefusedError extends FunctionError {
  override readonly name = 'EventRefusedError';
  readonly permanent = false;

  constructor(detailType: string, code: string | undefined) {
    super(`The default event bus did not take "${detailType}": ${code ?? 'no reason given'}`);
  }
}

/** The time of a reconcile run ended before something was begun; the next run does it. It is no failure of the run. */
export class OutOfTimeError extends FunctionError {
  override readonly name = 'OutOfTimeError';
  readonly permanent = false;
}

/** Some service accounts did not get the image. The others did; a retry does only what is missing. */
export class SharingIncompleteError extends FunctionError {
  override readonly name = 'SharingIncompleteError';
  readonly permanent = false;

  constructor(readonly result: SharingResult) {
    const failed = result.accounts.flatMap(({ accountId, error }) =>
      error === undefined ? [] : [`${accountId}: ${error}`],
    );
    super(
      `${result.imageId} is not published in ${failed.length} of ${result.accounts.length} accounts:\n${failed.join('\n')}`,
    );
  }
}
