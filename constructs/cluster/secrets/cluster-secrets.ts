import { SecretsmanagerSecret } from '@cdktf/provider-aws/lib/secretsmanager-secret';
import { SecretsmanagerSecretPolicy } from '@cdktf/provider-aws/lib/secretsmanager-secret-policy';
import { Construct } from 'constructs';
import { clusterPath, clusterSecrets, type ClusterSecret } from '../../../config/names';
import { policyDocument } from '../../base/policy';
import { GeneratedPassword } from './generated-password';
import { denyOthers } from './secret-policy';
import { AccountStack } from '../../base/account-stack';

export interface ClusterSecretsProps {
  /** Encrypts the values. */
  readonly kmsKeyArn: string;
  /** For as long a deleted secret can be restored. */
  readonly recoveryDays: number;
  /** A version that rises makes a new password. */
  readonly passwordVersions: { readonly database: number; readonly valkey: number };
  /** Roles whose holders read and set every value: names with their path, or patterns of them. */
  readonly administratorRoles: readonly string[];
}

/** What each secret is, for an operator in the console. */
const descriptions: Readonly<Record<ClusterSecret, string>> = {
  'database-password': "Password of Bento's database; made up by the stack",
  'valkey-password': 'Password of Valkey; made up by the stack',
  storage: "Access key of Bento's storage; made and rotated by a Lambda",
  'wallet-key': 'Private key of the wallet that the broker bids with; npm run secrets sets it',
  'rpc-urls': 'RPC endpoints of the chain; npm run secrets sets them',
  'order-stream-url': 'Order stream of a deployment that the broker does not know; npm run secrets sets it',
};

/**
 * The secrets of a cluster. Terraform makes them without values, but for passwords that it makes up and never keeps; it
 * reads none. They belong to the account's stack, which people deploy: a pipeline changes neither a value nor a policy.
 */
export class ClusterSecrets extends Construct {
  /** ARNs, by name. */
  readonly arns: Readonly<Record<ClusterSecret, string>>;

  constructor(scope: Construct, id: string, props: ClusterSecretsProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const { environment } = account;
    const { kmsKeyArn, passwordVersions, administratorRoles } = props;
    const secret = (name: ClusterSecret): string => {
      const { arn } = new SecretsmanagerSecret(this, name, {
        name: `${clusterPath(environment)}/${name}`,
        description: descriptions[name],
        kmsKeyId: kmsKeyArn,
        recoveryWindowInDays: props.recoveryDays,
      });
      new SecretsmanagerSecretPolicy(this, `${name}-policy`, {
        secretArn: arn,
        blockPublicPolicy: true,
        policy: policyDocument(...denyOthers(account, name, administratorRoles)),
      });
      return arn;
    };
    this.arns = Object.fromEntries(clusterSecrets.map((name) => [name, secret(name)])) as Record<ClusterSecret, string>;
    for (const [name, version] of [
      ['database-password', passwordVersions.database],
      ['valkey-password', passwordVersions.valkey],
    ] as const)
      new GeneratedPassword(this, `${name}-value`, { secretArn: this.arns[name], version });
  }
}
