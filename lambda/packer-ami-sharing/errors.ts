import type { SharingResult } from './result';
import type { BrokenRule } from './rules';

/** What this function raises by itself. AWS's own errors pass through as they are. */
export abstract class SharingError extends Error {
  /**
   * Whether the same event will fail again until a person changes something. It is logged for whoever decides on a
   * redrive; permanent errors are thrown as well, since only what is thrown reaches the alarm and the dead-letter queue.
   */
  abstract readonly permanent: boolean;
}

/** A setting of the function is missing or malformed. */
export class SettingsError extends SharingError {
  override readonly name = 'SettingsError';
  readonly permanent = true;

  /** @param problems one per variable, each starting with the variable's name */
  constructor(readonly problems: readonly string[]) {
    super(`The function's environment has ${problems.length} wrong variables:\n${problems.join('\n')}`);
  }
}

/** The event does not say, or CodeBuild does not know, which one image a build of this factory made. */
export class InvalidEventError extends SharingError {
  override readonly name = 'InvalidEventError';
  readonly permanent = true;

  /** @param reason names fields only: an event carries the variables of a build, which may be anything */
  constructor(reason: string) {
    super(`The event is refused: ${reason}`);
  }
}

/** The image did not become visible or available within the wait. */
export class ImageNotReadyError extends SharingError {
  override readonly name = 'ImageNotReadyError';
  readonly permanent = false;
}

/** The image is not one that this factory may share. Nothing was changed. */
export class ImageRefusedError extends SharingError {
  override readonly name = 'ImageRefusedError';
  readonly permanent = true;

  constructor(
    imageId: string,
    readonly brokenRules: readonly BrokenRule[],
  ) {
    const lines = brokenRules.map(({ rule, value, fix }) => `${rule}: found ${value}; ${fix}`);
    super(`${imageId} is not shared, it breaks ${brokenRules.length} rules:\n${lines.join('\n')}`);
  }
}

/** EC2 accepted the launch permissions, but does not list all of them within the wait. No pointer was moved. */
export class LaunchPermissionMissingError extends SharingError {
  override readonly name = 'LaunchPermissionMissingError';
  readonly permanent = false;

  constructor(imageId: string, accountIds: readonly string[], waitedSeconds: number) {
    super(
      `${imageId} has no launch permission for ${accountIds.join(', ')} ${waitedSeconds} s after it was added; ` +
        `look in CloudTrail for who removes it, then redrive the event`,
    );
  }
}

/** Parameter Store accepted a pointer, but does not show it within the wait. */
export class PointerNotMovedError extends SharingError {
  override readonly name = 'PointerNotMovedError';
  readonly permanent = false;

  constructor(pointer: string, imageId: string, waitedSeconds: number) {
    super(
      `${pointer} does not name ${imageId} ${waitedSeconds} s after it was written: Parameter Store checks images after ` +
        `it answers, and drops what fails the check; let the publisher role call ec2:DescribeImages, then redrive the event`,
    );
  }
}

/** STS answered without credentials, which its contract rules out. */
export class NoCredentialsError extends SharingError {
  override readonly name = 'NoCredentialsError';
  readonly permanent = false;

  constructor(roleArn: string) {
    super(`AssumeRole of ${roleArn} returned no credentials`);
  }
}

/** Some service accounts did not get the image. The others did; a retry does only what is missing. */
export class SharingIncompleteError extends SharingError {
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
