import { OperatorError } from './errors';

/** Errors of SDK clients that mean the same to an operator: sign in. */
const credentialErrors = [
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
];

/**
 * The text of an error that ended a command: its name, its message, and what to do where that is known. An error that an
 * operator can put right is its message alone.
 */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof OperatorError) return error.message;
  const fix = credentialErrors.includes(error.name)
    ? '\nSet AWS_PROFILE to a profile of the account, and sign in: aws sso login'
    : '';
  return `${error.name}: ${error.message}${fix}`;
}
