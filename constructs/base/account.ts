import { arns } from '../../config/names';

export interface AccountProps {
  /** 12 digits. */
  readonly accountId: string;
  readonly region: string;
  /** Value of the tag `Environment`: `ops`, or the environment of a service account. */
  readonly environment: string;
}

/** The account and region of a stack, and the ARNs of what is in them. A construct gets it from `AccountStack.of`. */
export class Account {
  readonly accountId: string;
  readonly region: string;
  readonly environment: string;

  constructor({ accountId, region, environment }: AccountProps) {
    this.accountId = accountId;
    this.region = region;
    this.environment = environment;
  }

  /** The account itself, as a principal. */
  get root(): string {
    return arns.root(this.accountId);
  }

  /** The condition that a call goes to this region: for actions without resources. */
  get inRegion() {
    return { StringEquals: { 'aws:RequestedRegion': this.region } };
  }

  /** ARN of a resource of this account and region. */
  arn(service: string, resource: string): string {
    return `arn:aws:${service}:${this.region}:${this.accountId}:${resource}`;
  }

  /** ARN of a resource of this account that belongs to no region, as those of IAM. */
  globalArn(service: string, resource: string): string {
    return `arn:aws:${service}::${this.accountId}:${resource}`;
  }

  /** ARN of a resource of this region whose ARN names no account, as those of images and snapshots. */
  regionalArn(service: string, resource: string): string {
    return `arn:aws:${service}:${this.region}::${resource}`;
  }

  /** ARNs of all resources of EC2 of these types. */
  ec2(...types: readonly string[]): string[] {
    return types.map((type) => this.arn('ec2', `${type}/*`));
  }

  role(name: string): string {
    return arns.role(this.accountId, name);
  }

  policy(name: string): string {
    return arns.policy(this.accountId, name);
  }

  user(name: string): string {
    return arns.user(this.accountId, name);
  }

  alarm(name: string): string {
    return arns.alarm(this.accountId, this.region, name);
  }

  topic(name: string): string {
    return arns.topic(this.accountId, this.region, name);
  }

  eventRule(name: string): string {
    return arns.eventRule(this.accountId, this.region, name);
  }

  /** With the suffix of six characters that Secrets Manager adds to a name. */
  secret(name: string): string {
    return arns.secret(this.accountId, this.region, name);
  }

  /** A parameter by its path, which starts with a slash. */
  parameter(path: string): string {
    return this.arn('ssm', `parameter${path}`);
  }

  /** A log group: for tags. Everything else takes the same with `:*` (Amazon CloudWatch Logs User Guide, "Resources"). */
  logGroup(name: string): string {
    return this.arn('logs', `log-group:${name}`);
  }

  /** Every key of this account and region: a condition names the key. */
  get keys(): string {
    return this.arn('kms', 'key/*');
  }
}

/** ARN of a bucket: it names neither region nor account. */
export const bucketArn = (name: string): string => `arn:aws:s3:::${name}`;
