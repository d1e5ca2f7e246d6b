import { KmsAlias } from '@cdktf/provider-aws/lib/kms-alias';
import { KmsKey } from '@cdktf/provider-aws/lib/kms-key';
import { Construct } from 'constructs';
import { keyAliases } from '../../config/names';
import { logKeyStatements, policyDocument } from '../base/policy';

export interface ClusterKeyProps {
  readonly environment: string;
  readonly accountId: string;
  readonly region: string;
}

/** Encrypts what a cluster keeps: the data volume, logs, secrets and alarm messages. Root volumes keep their image's key. */
export class ClusterKey extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { environment, accountId, region }: ClusterKeyProps) {
    super(scope, id);
    const key = new KmsKey(this, 'Resource', {
      description: `Data, logs and secrets of the prover cluster ${environment}`,
      enableKeyRotation: true,
      deletionWindowInDays: 30,
      policy: policyDocument(...logKeyStatements(accountId, region), {
        // Amazon SNS Developer Guide, "Key management": alarms publish to an encrypted topic. The topic's policy says
        // whose may.
        Sid: 'Alarms',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Resource: '*',
      }),
      lifecycle: { preventDestroy: true },
    });
    new KmsAlias(this, 'Alias', { name: keyAliases.cluster(environment), targetKeyId: key.keyId });
    this.arn = key.arn;
  }
}
