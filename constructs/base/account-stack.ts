import { AwsProvider, type AwsProviderConfig } from '@cdktf/provider-aws/lib/provider';
import { S3Backend, TerraformStack, TerraformVariable } from 'cdktf';
import type { Construct, IConstruct } from 'constructs';
import { actAsVariable, stateBucket, stateKey } from '../../config/names';
import { Account, type AccountProps } from './account';
import { standardTags } from './tags';

export interface AccountStackProps extends AccountProps {
  /**
   * Names of the roles of this account that a pipeline may act through.
   * @default - none: only people deploy the stack, with the credentials at hand
   */
  readonly actsThrough?: readonly string[];
}

/**
 * A stack of one account. Credentials of another account are refused twice, by the backend and by the provider, so that
 * no mix-up can read or write the wrong state.
 */
export abstract class AccountStack extends TerraformStack {
  readonly account: Account;
  /** Tags for what the provider's default tags do not reach. */
  readonly standardTags: Readonly<Record<string, string>>;
  private readonly actsThrough: readonly string[];
  private untaggedProvider: AwsProvider | undefined;

  constructor(scope: Construct, name: string, { actsThrough = [], ...account }: AccountStackProps) {
    super(scope, name);
    this.account = new Account(account);
    const { accountId, region, environment } = this.account;
    this.standardTags = standardTags(environment, name);

    // 1.11 brought the native lock file of S3 without its experimental mark, and write-only arguments.
    this.addOverride('terraform.required_version', '>= 1.11.0');
    const backend = new S3Backend(this, {
      bucket: stateBucket(accountId, region),
      key: stateKey(name),
      region,
      encrypt: true,
      allowedAccountIds: [accountId],
    });
    // cdktf 0.21 has no property for it (docs/facts/cdktf.md#s3-backend).
    backend.addOverride('use_lockfile', true);

    this.actsThrough = actsThrough;
    if (actsThrough.length > 0) this.nameRoles(actsThrough);
    this.provider('Aws', { defaultTags: [{ tags: { ...this.standardTags } }] });
  }

  /** The provider without default tags: for what a deployment takes over rather than makes, and may not tag. */
  get untagged(): AwsProvider {
    return (this.untaggedProvider ??= this.provider('Untagged', { alias: 'untagged' }));
  }

  /**
   * The account that a construct is in.
   *
   * @throws Error for a construct that is in no stack of an account
   */
  static override of(construct: IConstruct): AccountStack {
    const stack = TerraformStack.of(construct);
    if (stack instanceof AccountStack) return stack;
    throw new Error(`${construct.node.path} is in no AccountStack`);
  }

  /**
   * Lets the caller of Terraform name a role for the provider: it renews the sessions of that role, where exported
   * credentials of a chained one end after an hour (docs/facts/accounts.md#role-chaining). The variable is ephemeral,
   * so a saved plan does not keep the role: what the plan role planned, the deployment role applies (Terraform, "Input
   * variables": ephemeral). The backend has no such variable; `cli/delivery` gives it a profile of the same name and
   * another role.
   */
  private nameRoles(roleNames: readonly string[]): void {
    const roleArns = roleNames.map((name) => this.account.role(name));
    const variable = new TerraformVariable(this, 'ActAs', {
      type: 'string',
      description: 'ARN of the role to act through; the credentials at hand when it is empty.',
      default: '',
      nullable: false,
      validation: [
        {
          condition: `\${contains(${JSON.stringify(['', ...roleArns])}, var.${actAsVariable})}`,
          errorMessage: `${actAsVariable} must be one of ${roleArns.join(', ')}.`,
        },
      ],
    });
    variable.overrideLogicalId(actAsVariable);
    // cdktf 0.21 has no property for it.
    variable.addOverride('ephemeral', true);
  }

  /** A provider of the stack's account, which acts through the role that the caller of Terraform names. */
  private provider(id: string, props: Pick<AwsProviderConfig, 'alias' | 'defaultTags'>): AwsProvider {
    const { accountId, region } = this.account;
    const provider = new AwsProvider(this, id, { ...props, region, allowedAccountIds: [accountId] });
    if (this.actsThrough.length > 0)
      provider.addOverride('dynamic.assume_role', {
        for_each: `\${var.${actAsVariable} == "" ? [] : [var.${actAsVariable}]}`,
        content: { role_arn: '${assume_role.value}', session_name: this.node.id },
      });
    return provider;
  }
}
