import { EbsSnapshotBlockPublicAccess } from '@cdktf/provider-aws/lib/ebs-snapshot-block-public-access';
import { Ec2ImageBlockPublicAccess } from '@cdktf/provider-aws/lib/ec2-image-block-public-access';
import { Construct } from 'constructs';

/**
 * No image and no snapshot of this account and region can be made public, by anybody
 * (docs/facts/images.md#block-on-public-images).
 */
export class PublicSharingBlock extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new Ec2ImageBlockPublicAccess(this, 'Images', { state: 'block-new-sharing' });
    new EbsSnapshotBlockPublicAccess(this, 'Snapshots', { state: 'block-all-sharing' });
  }
}
