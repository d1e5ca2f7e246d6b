import { listOf, type Policy, type PolicyStatement } from './policies';

/** The keys by which a policy distinguishes one caller of a service from another. */
const sourceKeys = ['aws:SourceArn', 'aws:SourceAccount', 'aws:SourceOrgID', 'aws:SourceOrgPaths'] as const;
export type SourceKey = (typeof sourceKeys)[number];

/** IAM compares names of condition keys without regard to case (IAM User Guide, "IAM JSON policy elements: Condition"). */
const sourceKey = (name: string): SourceKey | undefined =>
  sourceKeys.find((key) => key.toLowerCase() === name.toLowerCase());

/** The source keys that a statement demands, spelled as AWS documents them. */
export const demandedKeys = ({ Condition = {} }: Pick<PolicyStatement, 'Condition'>): readonly SourceKey[] =>
  Object.values(Condition).flatMap((keys) => Object.keys(keys).flatMap((name) => sourceKey(name) ?? []));

/**
 * Which of the keys a service sends when it calls with its own principal. A policy that demands one that is not sent
 * allows nothing; the service then fails without a word in any log of the account.
 */
export const sent: Readonly<Record<string, { readonly keys: readonly SourceKey[]; readonly source: string }>> = {
  'events.amazonaws.com': {
    keys: ['aws:SourceArn'],
    source: 'Amazon EventBridge User Guide, "Using resource-based policies", "Troubleshooting Amazon EventBridge"',
  },
  'secretsmanager.amazonaws.com': {
    keys: ['aws:SourceAccount'],
    source: 'AWS Secrets Manager User Guide, "Rotation by Lambda function"',
  },
  'cloudwatch.amazonaws.com': {
    keys: ['aws:SourceArn', 'aws:SourceAccount'],
    source: 'Amazon CloudWatch User Guide, "Amazon SNS resource policy for alarms"',
  },
  'budgets.amazonaws.com': {
    keys: ['aws:SourceArn', 'aws:SourceAccount'],
    source: 'AWS Cost Management User Guide, "Creating an Amazon SNS topic for budget notifications"',
  },
  'codebuild.amazonaws.com': {
    keys: ['aws:SourceArn', 'aws:SourceAccount'],
    source: 'AWS CodeBuild User Guide, "Cross-service confused deputy prevention"',
  },
  'codepipeline.amazonaws.com': {
    keys: ['aws:SourceArn', 'aws:SourceAccount'],
    source: 'AWS CodePipeline User Guide, "Cross-service confused deputy prevention"',
  },
  'dlm.amazonaws.com': {
    keys: ['aws:SourceArn', 'aws:SourceAccount'],
    source: 'Amazon EBS User Guide, "Control access to Amazon Data Lifecycle Manager using IAM"',
  },
  'vpc-flow-logs.amazonaws.com': {
    keys: ['aws:SourceArn', 'aws:SourceAccount'],
    source: 'Amazon VPC User Guide, "IAM role for publishing flow logs to CloudWatch Logs"',
  },
  'scheduler.amazonaws.com': {
    keys: ['aws:SourceArn', 'aws:SourceAccount'],
    source: 'Amazon EventBridge Scheduler User Guide, "Prevent confused deputy"',
  },
};

const passed =
  'a service takes a role only from a caller that may pass it, and a role cannot be passed from another account (IAM User Guide, ' +
  '"Grant a user permissions to pass a role to an AWS service")';
const encrypted =
  'the key opens only what its topic or queue was given, whose own policy names the caller; the guide gives the key no ' +
  'source key (Amazon SNS Developer Guide, "Key management")';

/** Statements that let a service in without a source key, by kind, service and Sid, each with the reason. */
export const withoutSource: Readonly<Record<string, string>> = {
  'trust chatbot.amazonaws.com Service': passed,
  'trust ec2.amazonaws.com Service': passed,
  'trust lambda.amazonaws.com Service': passed,
  'resource budgets.amazonaws.com AlarmsAndEvents': encrypted,
  'resource cloudwatch.amazonaws.com Alarms': encrypted,
  'resource cloudwatch.amazonaws.com AlarmsAndEvents': encrypted,
  'resource events.amazonaws.com AlarmsAndEvents': encrypted,
  'resource logs.<region>.amazonaws.com Logs':
    "kms:EncryptionContext:aws:logs:arn names this account's log groups (Amazon CloudWatch Logs User Guide, " +
    '"Encrypt log data in CloudWatch Logs using AWS KMS")',
};

/** How `withoutSource` calls what lets a service in. */
const nameOf = (kind: Policy['kind'], service: string, sid: string): string =>
  `${kind} ${service.replace(/^logs\.[a-z0-9-]+\./, 'logs.<region>.')} ${sid}`;

/** What a policy statement allows to services, evaluated by their source keys. */
export interface Evaluation {
  /** Services that never meet the condition, or that any account could use against this one. */
  readonly faults: readonly string[];
  /** The entries of `withoutSource` that were needed. */
  readonly excused: readonly string[];
}

export function evaluate(kind: Policy['kind'], statement: PolicyStatement): Evaluation {
  if (statement.Effect !== 'Allow') return { faults: [], excused: [] };
  const demanded = demandedKeys(statement);
  const faults: string[] = [];
  const excused: string[] = [];
  for (const service of listOf(statement.Principal?.['Service'])) {
    const name = nameOf(kind, service, statement.Sid);
    const unsent = demanded.filter((key) => sent[service]?.keys.includes(key) !== true);
    if (unsent.length > 0) faults.push(`${name}: ${service} is not known to send ${unsent.join(', ')}`);
    if (demanded.length > 0) continue;
    if (name in withoutSource) excused.push(name);
    else faults.push(`${name}: demands no source key, and is not in withoutSource`);
  }
  return { faults, excused };
}
