/** A statement, of which only the name and who it lets in matter here. */
export interface PolicyStatement {
  readonly Sid?: string;
  readonly [element: string]: unknown;
}

/** A policy as it may be found: one statement may stand without its list (IAM User Guide, "Statement"). */
export interface PolicyDocument {
  readonly Statement?: PolicyStatement | readonly PolicyStatement[];
  readonly [element: string]: unknown;
}

export const tlsOnlySid = 'TlsOnly';

/** Refuses every request without TLS, by anybody (Amazon S3 User Guide, "Security best practices for Amazon S3"). */
export const denyPlainText = (bucket: string): PolicyStatement => ({
  Sid: tlsOnlySid,
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

const listed = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

export const statementsOf = (policy: PolicyDocument | undefined): readonly PolicyStatement[] =>
  listed(policy?.Statement);

/**
 * The policy with the statement in the place of the one of its name. All others stay, and so does the version: a newer
 * one would give `${...}` in them a meaning (IAM User Guide, "Version").
 */
export const withStatement = (policy: PolicyDocument | undefined, statement: PolicyStatement): PolicyDocument => ({
  Version: '2012-10-17',
  ...policy,
  Statement: [...statementsOf(policy).filter(({ Sid }) => Sid !== statement.Sid), statement],
});

/** One text for all forms that mean the same: the order of keys and lists is nothing, and a list of one is its element. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return value.map(canonical).sort().join();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, element]) => `${JSON.stringify(key)}:${canonical(element)}`);
  return `{${entries.sort().join()}}`;
}

export const sameStatement = (a: PolicyStatement, b: PolicyStatement): boolean => canonical(a) === canonical(b);

/** Names of the statements that let in a principal outside of the account; services of AWS belong to no account. */
export function statementsForOthers(policy: PolicyDocument | undefined, accountId: string): string[] {
  const isOwn = (principal: string) => principal === accountId || principal.split(':')[4] === accountId;
  const letsOthersIn = ({ Effect, Principal }: PolicyStatement) => {
    if (Effect !== 'Allow') return false;
    if (typeof Principal !== 'object' || Principal === null) return true;
    return Object.entries(Principal).some(
      ([kind, who]) => kind !== 'Service' && !(kind === 'AWS' && listed(who as string | string[]).every(isOwn)),
    );
  };
  return statementsOf(policy).flatMap((statement, index) =>
    letsOthersIn(statement) ? [statement.Sid ?? `number ${index + 1}`] : [],
  );
}
