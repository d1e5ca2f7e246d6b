import { DataAwsKmsKey } from '@cdktf/provider-aws/lib/data-aws-kms-key';
import { KmsGrant } from '@cdktf/provider-aws/lib/kms-grant';
import { Construct } from 'constructs';
import { launchGrantOperations } from '../../config/image-key';
import { arns, keyAliases } from '../../config/names';
import { autoScalingRole } from '../base/policy';

export interface ImageKeyGrantProps {
  readonly opsAccountId: string;
  readonly region: string;
  /** The service account: grants must be made from the account that owns the Auto Scaling group (ami-factory.md C4.2). */
  readonly accountId: string;
}

/**
 * Lets this account's Auto Scaling start machines from the ops account's encrypted images. The key is found by its
 * alias, so that no other stack's state is read.
 */
export class ImageKeyGrant extends Construct {
  constructor(scope: Construct, id: string, { opsAccountId, region, accountId }: ImageKeyGrantProps) {
    super(scope, id);
    const key = new DataAwsKmsKey(this, 'Key', { keyId: `arn:aws:kms:${region}:${opsAccountId}:${keyAliases.ami}` });
    new KmsGrant(this, 'AutoScaling', {
      name: 'boundless-ami-auto-scaling',
      keyId: key.arn,
      granteePrincipal: autoScalingRole(accountId),
      retiringPrincipal: arns.root(accountId),
      retireOnDelete: true,
      operations: [...launchGrantOperations],
    });
  }
}
