/** Errors of SDK clients that mean the same to an operator: sign in. */
const credentialErrors = [
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
];

/** What a command says of an error that ended it: its name, its message, and what to do where that is known. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const fix = credentialErrors.includes(error.name)
    ? '\nSet AWS_PROFILE to a profile of the account, and sign in: aws sso login'
    : '';
  return `${error.name}: ${error.message}${fix}`;
}
