import { DescribeScalingActivitiesCommand, type AutoScalingClient } from '@aws-sdk/client-auto-scaling';

/** So many reasons are enough. */
const most = 3;

/**
 * Why Auto Scaling could not launch or end instances, the newest first: neither the group nor a refresh has
 * these reasons (Amazon EC2 Auto Scaling User Guide, "Verify a scaling activity").
 *
 * @param since activities that began before are of no matter
 */
export async function failedActivities(
  autoScaling: AutoScalingClient,
  name: string,
  since: Date,
): Promise<readonly string[]> {
  const { Activities = [] } = await autoScaling.send(
    new DescribeScalingActivitiesCommand({ AutoScalingGroupName: name, MaxRecords: 50 }),
  );
  const failed = Activities.filter(
    ({ StatusCode, StartTime }) =>
      (StatusCode === 'Failed' || StatusCode === 'Cancelled') && (StartTime?.getTime() ?? 0) >= since.getTime(),
  );
  const newest = [...failed].sort((one, other) => (other.StartTime?.getTime() ?? 0) - (one.StartTime?.getTime() ?? 0));
  const messages = newest.map(({ StatusMessage, Description }) => StatusMessage ?? Description ?? 'no reason given');
  return [...new Set(messages)].slice(0, most);
}
