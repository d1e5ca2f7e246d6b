/** A statement, of which only the name matters here. */
export interface PolicyStatement {
  readonly Sid?: string;
  readonly [element: string]: unknown;
}

export interface PolicyDocument {
  readonly Version: string;
  readonly Statement: readonly PolicyStatement[];
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

/** The policy with the statement in the place of the one of its name; all others stay. */
export const withStatement = (policy: PolicyDocument | undefined, statement: PolicyStatement): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [...(policy?.Statement ?? []).filter(({ Sid }) => Sid !== statement.Sid), statement],
});
