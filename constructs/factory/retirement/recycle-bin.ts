import { RbinRule } from '@cdktf/provider-aws/lib/rbin-rule';
import { Construct } from 'constructs';
import { project } from '../../../config/names';

/** Keeps what was deregistered and deleted for some days, in which an operator can restore it. Only what this factory made. */
export class RecycleBin extends Construct {
  constructor(scope: Construct, id: string, days: number) {
    super(scope, id);
    for (const [name, resourceType] of [
      ['Images', 'EC2_IMAGE'],
      ['Snapshots', 'EBS_SNAPSHOT'],
    ] as const)
      new RbinRule(this, name, {
        description: `${name} of the AMI factory that were deleted`,
        resourceType,
        resourceTags: [{ resourceTagKey: 'Project', resourceTagValue: project }],
        retentionPeriod: { retentionPeriodUnit: 'DAYS', retentionPeriodValue: days },
      });
  }
}
