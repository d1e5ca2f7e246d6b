import { ConfigurationError } from '../../config/problem';
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
 * operator can put right is its message alone. With `DEBUG=1` in the environment the trace is below it.
 */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const trace = process.env['DEBUG'] === '1' ? `\n\n${error.stack ?? ''}` : '';
  return `${textOf(error)}${trace}`;
}

function textOf(error: Error): string {
  if (error instanceof OperatorError) return error.message;
  if (error instanceof ConfigurationError) return error.table;
  const fix = credentialErrors.includes(error.name)
    ? '\nSet AWS_PROFILE to a profile of the account, and sign in: aws sso login'
    : '';
  return `${error.name}: ${error.message}${fix}`;
}
