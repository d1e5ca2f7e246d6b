import { DataAwsKmsKey } from '@cdktf/provider-aws/lib/data-aws-kms-key';
import { KmsGrant } from '@cdktf/provider-aws/lib/kms-grant';
import { Construct } from 'constructs';
import { launchGrantOperations } from '../../config/image-key';
import { keyAliases } from '../../config/names';
import { autoScalingRole } from '../base/policy';
import { AccountStack } from '../base/account-stack';

export interface ImageKeyGrantProps {
  readonly opsAccountId: string;
}

/**
 * Lets this account's Auto Scaling start instances from the ops account's encrypted images. The key is found by its
 * alias, so that no other stack's state is read.
 */
export class ImageKeyGrant extends Construct {
  constructor(scope: Construct, id: string, { opsAccountId }: ImageKeyGrantProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const key = new DataAwsKmsKey(this, 'Key', {
      keyId: `arn:aws:kms:${account.region}:${opsAccountId}:${keyAliases.ami}`,
    });
    new KmsGrant(this, 'AutoScaling', {
      name: 'boundless-ami-auto-scaling',
      keyId: key.arn,
      granteePrincipal: autoScalingRole(account.accountId),
      retiringPrincipal: account.root,
      retireOnDelete: true,
      operations: [...launchGrantOperations],
    });
  }
}
