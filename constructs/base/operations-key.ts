import { KmsAlias } from '@cdktf/provider-aws/lib/kms-alias';
import { KmsKey } from '@cdktf/provider-aws/lib/kms-key';
import { Construct } from 'constructs';
import { keyAliases } from '../../config/names';
import { logKeyStatements, policyDocument, type Statement } from './policy';
import { AccountStack } from './account-stack';

/**
 * Encrypts what the account's operation leaves behind: logs, alarm messages, failed events, pipelines' artifacts. Apart
 * from the image key, so that nobody who reads logs can touch images.
 */
export class OperationsKey extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const statements: readonly Statement[] = [
      ...logKeyStatements(account),
      {
        // Alarms and budgets publish to the encrypted topic, and EventBridge sends to the encrypted dead-letter queue. No condition on
        // the source: not every service sends it along to KMS (Amazon SNS Developer Guide, "Key management"), and an
        // alarm would go unheard. Who may publish and send is held by the topic's and the queue's own policies.
        Sid: 'AlarmsAndEvents',
        Principal: { Service: ['budgets.amazonaws.com', 'cloudwatch.amazonaws.com', 'events.amazonaws.com'] },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Resource: '*',
      },
    ];
    const key = new KmsKey(this, 'Resource', {
      description: 'Logs, alarms and failed events of the AMI factory',
      enableKeyRotation: true,
      deletionWindowInDays: 30,
      policy: policyDocument(...statements),
      lifecycle: { preventDestroy: true },
    });
    new KmsAlias(this, 'Alias', { name: keyAliases.operations, targetKeyId: key.keyId });
    this.arn = key.arn;
  }
}
