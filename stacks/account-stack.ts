import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { S3Backend, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { arns, stateBucket, stateKey } from '../config/names';
import { standardTags } from '../constructs/base/tags';

export interface AccountStackProps {
  readonly accountId: string;
  readonly region: string;
  /** Value of the tag `Environment`. */
  readonly environment: string;
  /**
   * Name of a role of this account to act through, for state and resources alike.
   * @default - the credentials at hand
   */
  readonly actAs?: string | undefined;
}

/**
 * A stack of one account. Credentials of another account are refused twice, by the backend and by the provider, so that
 * no mix-up can read or write the wrong state.
 */
export abstract class AccountStack extends TerraformStack {
  /** Tags for what the provider's default tags do not reach. */
  protected readonly standardTags: Readonly<Record<string, string>>;

  constructor(scope: Construct, name: string, { accountId, region, environment, actAs }: AccountStackProps) {
    super(scope, name);
    this.standardTags = standardTags(environment, name);
    const roleArn = actAs === undefined ? undefined : arns.role(accountId, actAs);

    // 1.11 brought the native lock file of S3 without its experimental mark, and write-only arguments.
    this.addOverride('terraform.required_version', '>= 1.11.0');
    const backend = new S3Backend(this, {
      bucket: stateBucket(accountId, region),
      key: stateKey(name),
      region,
      encrypt: true,
      allowedAccountIds: [accountId],
      ...(roleArn !== undefined && { assumeRole: { roleArn, sessionName: name } }),
    });
    // cdktf 0.21 has no property for it (cdktf.md 2.2).
    backend.addOverride('use_lockfile', true);

    new AwsProvider(this, 'Aws', {
      region,
      allowedAccountIds: [accountId],
      defaultTags: [{ tags: { ...this.standardTags } }],
      // The provider renews these sessions; exported credentials of a chained role end after an hour (design, 7).
      ...(roleArn !== undefined && { assumeRole: [{ roleArn, sessionName: name }] }),
    });
  }
}
