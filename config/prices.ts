/**
 * List prices in USD of what the stacks are made of, without taxes and discounts: us-west-2, Linux, as of `asOf`. An
 * estimate goes by them, an invoice by AWS's price list of the day.
 */
export const prices = {
  asOf: '2026-12-01',
  region: 'us-west-2',
  /** Hours of a month, as AWS's calculator counts them. */
  hoursPerMonth: 730,
  /** What a spot instance costs of its on-demand price: an assumption. The price of the day is in the console. */
  spotShare: 0.45,
  /** A month of one (https://aws.amazon.com/cloudwatch/pricing, /kms/pricing, /secrets-manager/pricing). */
  perMonth: { alarm: 0.1, compositeAlarm: 0.5, metric: 0.3, dashboard: 3, key: 1, secret: 0.4 },
  /** An hour of one (https://aws.amazon.com/vpc/pricing, https://aws.amazon.com/privatelink/pricing). */
  perHour: { natGateway: 0.045, publicAddress: 0.005, endpointInZone: 0.01 },
  /** A GiB for a month (https://aws.amazon.com/ebs/pricing). The retirement's report has the snapshots' as well. */
  perGiBMonth: { gp3: 0.08, snapshot: 0.05 },
  /** An hour on demand (https://aws.amazon.com/ec2/pricing/on-demand). */
  instanceHour: {
    'c7a.2xlarge': 0.41056,
    'c7a.4xlarge': 0.82112,
    'c7a.8xlarge': 1.64224,
    'g5.xlarge': 1.006,
    'g5.2xlarge': 1.212,
    'g6.xlarge': 0.8048,
    'g6.2xlarge': 0.9776,
    'g6.4xlarge': 1.3232,
    'g6e.xlarge': 1.861,
    'g6e.2xlarge': 2.24208,
  } as Readonly<Record<string, number>>,
} as const;
