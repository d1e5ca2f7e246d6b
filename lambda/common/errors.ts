/** What a function raises by itself. AWS's own errors pass through as they are. */
export abstract class FunctionError extends Error {
  /**
   * Whether the same event fails again until a person changes something. It is logged for the operator who decides on a
   * redrive; permanent errors are thrown as well, since only what is thrown reaches the alarm and the dead-letter queue.
   */
  abstract readonly permanent: boolean;
}

/** Whether an error is permanent; one of AWS may pass by itself. */
export const isPermanent = (error: unknown): boolean => error instanceof FunctionError && error.permanent;

/** Variables of the function's environment are missing or malformed. */
export class SettingsError extends FunctionError {
  override readonly name = 'SettingsError';
  readonly permanent = true;

  /** @param problems one per variable, each starting with the variable's name */
  constructor(readonly problems: readonly string[]) {
    super(
      `The function's environment has ${problems.length} wrong variable${problems.length === 1 ? '' : 's'}; deploy its ` +
        `stack again, or correct them:\n${problems.join('\n')}`,
    );
  }
}

/** STS answered without credentials, which its contract rules out. */
export class NoCredentialsError extends FunctionError {
  override readonly name = 'NoCredentialsError';
  readonly permanent = false;

  constructor(roleArn: string) {
    super(`AssumeRole of ${roleArn} returned no credentials`);
  }
}

/** Long enough for a reason; a hundred of them fit into one event and one line of the log. */
const longestReason = 500;

/** An error for a report: name and message, cut where it goes on and on. */
export function shortMessage(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.length > longestReason ? `${text.slice(0, longestReason)}...` : text;
}
