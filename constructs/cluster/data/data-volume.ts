import { EbsVolume } from '@cdktf/provider-aws/lib/ebs-volume';
import { Construct } from 'constructs';
import { stacks } from '../../../config/names';
import { forget } from '../../base/earlier-addresses';
import { DailySnapshots } from './daily-snapshots';
import { AccountStack } from '../../base/account-stack';

export interface DataVolumeProps {
  /** Letter of the zone that the manager lives in: a volume does not leave its zone. */
  readonly zone: string;
  readonly sizeGiB: number;
  /** Daily snapshots that are kept. */
  readonly snapshots: number;
  /** Snapshots that the volume was restored from, the newest last. */
  readonly restoredFrom: readonly string[];
  readonly kmsKeyArn: string;
}

/**
 * What outlives the manager: tasks, segments in flight and the orders that its broker has locked. The manager attaches
 * it at boot; EBS gives it to one instance at a time, which is what keeps two managers from ever serving.
 *
 * A restored volume is another resource than the one before, which Terraform then forgets and leaves as it is: a restore
 * destroys nothing.
 */
export class DataVolume extends Construct {
  readonly volumeId: string;

  constructor(scope: Construct, id: string, props: DataVolumeProps) {
    super(scope, id);
    const { environment, region } = AccountStack.of(this).account;
    const { zone, sizeGiB, restoredFrom, kmsKeyArn } = props;
    const name = `${stacks.cluster(environment)}-data`;
    const addresses = ['data_volume', ...restoredFrom.map((snapshot) => `data_volume_${snapshot.replace('-', '_')}`)];
    const [address = '', ...before] = [...addresses].reverse();
    const snapshotId = restoredFrom.at(-1);
    const volume = new EbsVolume(this, 'Resource', {
      availabilityZone: `${region}${zone}`,
      type: 'gp3',
      size: sizeGiB,
      encrypted: true,
      kmsKeyId: kmsKeyArn,
      ...(snapshotId !== undefined && { snapshotId }),
      // An operator who destroys the volume by hand still has its last state.
      finalSnapshot: true,
      tags: { Name: name, Snapshots: name },
      lifecycle: { preventDestroy: true },
    });
    volume.overrideLogicalId(address);
    forget(
      this,
      [...before].reverse().map((old) => `aws_ebs_volume.${old}`),
    );
    new DailySnapshots(this, 'Snapshots', { name, targetTags: { Snapshots: name }, snapshots: props.snapshots });
    this.volumeId = volume.id;
  }
}
