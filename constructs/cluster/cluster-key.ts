import { KmsAlias } from '@cdktf/provider-aws/lib/kms-alias';
import { KmsKey } from '@cdktf/provider-aws/lib/kms-key';
import { Construct } from 'constructs';
import { volumeKeyActions } from '../../config/image-key';
import { keyAliases, roles, stacks } from '../../config/names';
import { autoScalingRole, logKeyStatements, policyDocument } from '../base/policy';
import { AccountStack } from '../base/account-stack';

/**
 * Encrypts what a cluster keeps: root volumes, the data volume, logs, secrets and alarm messages. A root volume does not
 * keep its image's key, which is of another account: EC2 would take the account's default key for it (Amazon EC2 User
 * Guide, "Use encryption with EBS-backed AMIs"), so that the launch template names this one.
 */
export class ClusterKey extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const { environment } = account;
    // What starts instances, on demand and on spot capacity. `make bootstrap` makes both: KMS refuses a policy that names
    // a role which is not there (AWS KMS Developer Guide, "Key policies").
    const launching = { AWS: [autoScalingRole(account.accountId), account.role(roles.ec2Spot)] };
    const key = new KmsKey(this, 'Resource', {
      description: `Volumes, logs and secrets of the prover cluster ${environment}`,
      enableKeyRotation: true,
      deletionWindowInDays: 30,
      policy: policyDocument(
        ...logKeyStatements(account),
        {
          // Amazon SNS Developer Guide, "Key management": alarms publish to an encrypted topic. The topic's policy has
          // the account.
          Sid: 'Alarms',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          Resource: '*',
        },
        // Amazon EC2 Auto Scaling User Guide, "Required AWS KMS key policy for use with encrypted volumes". AWS writes the
        // policies of these roles, and they have no right to any key: the account's own statement does not let them in.
        { Sid: 'RootVolumes', Principal: launching, Action: volumeKeyActions, Resource: '*' },
        {
          Sid: 'GrantsToRootVolumes',
          Principal: launching,
          Action: 'kms:CreateGrant',
          Resource: '*',
          Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
        },
      ),
      // Policies of instances and pipelines know the cluster's key by this tag.
      tags: { Stack: stacks.cluster(environment) },
      lifecycle: { preventDestroy: true },
    });
    new KmsAlias(this, 'Alias', { name: keyAliases.cluster(environment), targetKeyId: key.keyId });
    this.arn = key.arn;
  }
}
