import { paginateDescribeSnapshots, type EC2Client } from '@aws-sdk/client-ec2';
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { EnvironmentConfig } from '../../../config';
import { stacks } from '../../../config/names';
import { failed, ok, unknown, type Check } from '../check';
import { quotaNamed, raise } from '../quotas';

/** Whether as many volumes as a refresh makes at once may be filled at the configured rate. */
export function initializationRateCheck(quotas: ServiceQuotasClient, { prover }: EnvironmentConfig): Check {
  return {
    name: 'quota of volume initialization rates',
    async run() {
      const rate = prover.volumeInitializationRate;
      if (rate === null) return ok('prover.volumeInitializationRate is not set');
      const quota = await quotaNamed(quotas, 'ebs', /initialization rate/i);
      if (quota === undefined)
        return unknown(
          'Service Quotas lists no such quota',
          'look for it in Amazon EBS User Guide, "Quotas for Amazon EBS"',
        );
      const needed = rate * prover.max;
      const text = `${quota.value} MiB/s, ${needed} needed for ${prover.max} instances that start at once`;
      return quota.value >= needed ? ok(text) : failed(text, raise('Amazon EBS', quota.name));
    },
  };
}

/** Hours after which a daily snapshot is late: a day, and what a large volume takes. */
const lateHours = 30;

/** Whether Data Lifecycle Manager makes the daily snapshots, tags of the volume and all. */
export function snapshotsCheck(ec2: EC2Client, environment: string, now: Date): Check {
  const volume = `${stacks.cluster(environment)}-data`;
  return {
    name: 'daily snapshots of the data volume',
    async run() {
      const Filters = [{ Name: 'tag:Snapshots', Values: [volume] }];
      let newest: Date | undefined;
      for await (const { Snapshots = [] } of paginateDescribeSnapshots(
        { client: ec2 },
        { OwnerIds: ['self'], Filters },
      ))
        for (const { StartTime } of Snapshots)
          if (StartTime !== undefined && (newest === undefined || StartTime > newest)) newest = StartTime;
      if (newest === undefined)
        return unknown(
          'there is no snapshot with the tags of the volume',
          'a day after the first deployment: aws dlm get-lifecycle-policies, and the errors of CreateSnapshot in CloudTrail',
        );
      const hours = (now.getTime() - newest.getTime()) / 3_600_000;
      const text = `the newest is of ${newest.toISOString()}`;
      return hours <= lateHours
        ? ok(text)
        : failed(text, 'aws dlm get-lifecycle-policies --state ERROR, and the errors of CreateSnapshot in CloudTrail');
    },
  };
}
