/** Twelve times one digit: the ids that the repository and `make environment` write. No one has such an account. */
export const isPlaceholder = (accountId: string): boolean => /^(\d)\1{11}$/.test(accountId);

/** What to add where credentials are of another account than the configuration has; empty for an id that can be right. */
export const placeholderHint = (accountId: string): string =>
  isPlaceholder(accountId) ? `. ${accountId} is a placeholder: write the id of your account into config/` : '';
