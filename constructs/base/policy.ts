import { arns, roles } from '../../config/names';
import type { Account } from './account';

type OneOrMany = string | readonly string[];

/** A statement of an IAM policy. `Effect` is Allow by default. */
export interface Statement {
  readonly Sid: string;
  readonly Effect?: 'Allow' | 'Deny';
  readonly Principal?: { readonly AWS: OneOrMany } | { readonly Service: OneOrMany };
  readonly Action: OneOrMany;
  readonly Resource?: OneOrMany;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany>>>>;
}

/** The statements as a policy document, in a form that Terraform compares without noise. */
export const policyDocument = (...statements: readonly Statement[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map(({ Sid, Effect = 'Allow', ...rest }) => ({ Sid, Effect, ...rest })),
  });

/**
 * Lets an AWS service take the role, under a condition if there is one. Who may hand the role to the service is a matter
 * of `iam:PassRole`.
 */
export const serviceTrust = (service: string, condition?: Statement['Condition']): string =>
  policyDocument({
    Sid: 'Service',
    Principal: { Service: service },
    Action: 'sts:AssumeRole',
    ...(condition !== undefined && { Condition: condition }),
  });

/**
 * Condition of a trust: the service acts for this account, and for no other. For services that are documented to send it
 * (`__tests__/support/source-keys.ts`).
 */
export const forAccount = ({ accountId }: Account): NonNullable<Statement['Condition']> => ({
  StringEquals: { 'aws:SourceAccount': accountId },
});

/**
 * Lets exactly these roles of another account take the role. The roles are named in a condition, not as principals: IAM
 * refuses principals that do not exist yet, and forgets those that are made again (IAM User Guide, "AWS JSON policy
 * elements: Principal").
 */
export const roleTrust = (accountId: string, roleNames: readonly string[]): string =>
  policyDocument({
    Sid: 'Roles',
    Principal: { AWS: arns.root(accountId) },
    Action: 'sts:AssumeRole',
    Condition: { ArnEquals: { 'aws:PrincipalArn': roleNames.map((name) => arns.role(accountId, name)) } },
  });

/** Denies these actions to everyone who does not come over TLS. */
export const tlsOnly = (action: string, resource: OneOrMany): Statement => ({
  Sid: 'TlsOnly',
  Effect: 'Deny',
  Principal: { AWS: '*' },
  Action: action,
  Resource: resource,
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

/**
 * What the policy of a key for logs starts with: the account's own policies decide who else may use the key, and
 * CloudWatch Logs encrypts the account's log groups with it (Amazon CloudWatch Logs User Guide, "Encrypt log data in
 * CloudWatch Logs using AWS KMS").
 */
export const logKeyStatements = (account: Account): Statement[] => [
  { Sid: 'Administration', Principal: { AWS: account.root }, Action: 'kms:*', Resource: '*' },
  {
    Sid: 'Logs',
    Principal: { Service: `logs.${account.region}.amazonaws.com` },
    // Not DescribeKey, which has no encryption context: under this condition it would be refused.
    Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'],
    Resource: '*',
    Condition: {
      ArnLike: { 'kms:EncryptionContext:aws:logs:arn': account.logGroup('*') },
    },
  },
];

/** ARN of the role that Auto Scaling acts with in an account. */
export const autoScalingRole = (accountId: string): string => arns.role(accountId, roles.autoScaling);
