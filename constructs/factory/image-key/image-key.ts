import { EbsDefaultKmsKey } from '@cdktf/provider-aws/lib/ebs-default-kms-key';
import { EbsEncryptionByDefault } from '@cdktf/provider-aws/lib/ebs-encryption-by-default';
import { KmsAlias } from '@cdktf/provider-aws/lib/kms-alias';
import { KmsKey } from '@cdktf/provider-aws/lib/kms-key';
import { Construct } from 'constructs';
import { volumeKeyActions } from '../../../config/image-key';
import { arns, keyAliases, roles } from '../../../config/names';
import { autoScalingRole, policyDocument, type Statement } from '../../base/policy';
import { AccountStack } from '../../base/account-stack';

export interface ImageKeyProps {
  /** The accounts that launch from the images. */
  readonly serviceAccountIds: readonly string[];
}

/**
 * The key that encrypts every image. Service accounts may use it to launch, and may pass that right to the role that
 * Auto Scaling launches with, and to no other: without that grant instances end at once with `Client.InternalError`
 * (docs/facts/images.md#launch-failures).
 */
export class ImageKey extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { serviceAccountIds }: ImageKeyProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const serviceAccounts = { AWS: serviceAccountIds.map(arns.root) };
    const spot = { AWS: [roles.ec2Fleet, roles.ec2Spot].map((role) => account.role(role)) };
    const throughEc2 = { StringEquals: { 'kms:ViaService': `ec2.${account.region}.amazonaws.com` } };
    const forAwsResource = { Bool: { 'kms:GrantIsForAWSResource': 'true' } };
    const statements: readonly Statement[] = [
      { Sid: 'Administration', Principal: { AWS: account.root }, Action: 'kms:*', Resource: '*' },
      // Spot builders are launched by AWS's own roles (EC2 User Guide, "EC2 Fleet prerequisites", "Service-linked role
      // for Spot Instance requests").
      { Sid: 'UseBySpot', Principal: spot, Action: volumeKeyActions, Resource: '*' },
      { Sid: 'GrantBySpot', Principal: spot, Action: 'kms:CreateGrant', Resource: '*', Condition: forAwsResource },
      {
        Sid: 'UseFromServiceAccounts',
        Principal: serviceAccounts,
        Action: volumeKeyActions,
        Resource: '*',
        Condition: throughEc2,
      },
      {
        Sid: 'GrantToVolumesFromServiceAccounts',
        Principal: serviceAccounts,
        Action: 'kms:CreateGrant',
        Resource: '*',
        Condition: { ...throughEc2, ...forAwsResource },
      },
      {
        // No kms:GrantIsForAWSResource here: it would refuse the grant that Terraform makes
        // (docs/facts/images.md#key-policy).
        Sid: 'GrantToAutoScalingFromServiceAccounts',
        Principal: serviceAccounts,
        Action: 'kms:CreateGrant',
        Resource: '*',
        Condition: { ArnEquals: { 'kms:GranteePrincipal': serviceAccountIds.map(autoScalingRole) } },
      },
      {
        // Terraform looks the key up by its alias and reads its grant back (C4.9). Nobody may revoke grants: that would
        // let one service account cut off another. A grant names who may retire it, and that is its own account.
        Sid: 'ListGrantsFromServiceAccounts',
        Principal: serviceAccounts,
        Action: ['kms:DescribeKey', 'kms:ListGrants'],
        Resource: '*',
      },
    ];
    const key = new KmsKey(this, 'Resource', {
      description: 'Machine images of the Boundless prover clusters',
      enableKeyRotation: true,
      deletionWindowInDays: 30,
      policy: policyDocument(...statements),
      // Without this key no image can be launched, in any account.
      lifecycle: { preventDestroy: true },
    });
    new KmsAlias(this, 'Alias', { name: keyAliases.ami, targetKeyId: key.keyId });

    // A volume that nobody asked to encrypt gets this key too: an image of another key shares but never launches.
    new EbsEncryptionByDefault(this, 'EncryptByDefault', { enabled: true });
    new EbsDefaultKmsKey(this, 'DefaultKey', { keyArn: key.arn });
    this.arn = key.arn;
  }
}
