import { SecretsmanagerSecretVersion } from '@cdktf/provider-aws/lib/secretsmanager-secret-version';
import { TerraformStack } from 'cdktf';
import { Construct } from 'constructs';

export interface GeneratedPasswordProps {
  readonly secretArn: string;
  /** Terraform writes a new password when it changes, and at no other time. */
  readonly version: number;
}

/**
 * A password that Secrets Manager makes up and Terraform passes on: an ephemeral resource is in no plan and no state, and
 * neither is a write-only argument (Terraform, "Ephemeral resources", "Write-only arguments"). Every run makes one up;
 * it is written only with a new version.
 */
export class GeneratedPassword extends Construct {
  constructor(scope: Construct, id: string, { secretArn, version }: GeneratedPasswordProps) {
    super(scope, id);
    const stored = new SecretsmanagerSecretVersion(this, 'Resource', {
      secretId: secretArn,
      secretStringWoVersion: version,
    });
    const type = 'aws_secretsmanager_random_password';
    const password = stored.friendlyUniqueId;
    // cdktf 0.21 knows no ephemeral resources. 48 letters and digits are 285 bits, and need no escaping anywhere.
    TerraformStack.of(this).addOverride(`ephemeral.${type}.${password}`, {
      password_length: 48,
      exclude_punctuation: true,
      require_each_included_type: true,
    });
    stored.addOverride('secret_string_wo', `\${ephemeral.${type}.${password}.random_password}`);
  }
}
