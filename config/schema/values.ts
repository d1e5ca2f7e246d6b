import { z } from 'zod';
import { networkOf } from '../cidr';

/** Regions with the instance families that the images are made for; add yours when AWS opens it. */
const regions = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'sa-east-1',
] as const;

/** The retention times that CloudWatch Logs accepts, in days. */
const logRetentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

export const accountId = z
  .string()
  .regex(/^\d{12}$/, 'is not an account id; use the 12 digits that `aws sts get-caller-identity` prints');
export const region = z.enum(regions, `is not a region that the factory knows; use one of ${regions.join(', ')}`);
export const count = (min: number, max: number, unit: string) =>
  z
    .int(`is not a whole number; give ${unit} from ${min} to ${max}`)
    .min(min, `is too small; give ${unit} from ${min} to ${max}`)
    .max(max, `is too large; give ${unit} from ${min} to ${max}`);
/** Metrics are looked at in steps of five minutes, for a day at most (CloudWatch API Reference, "PutMetricAlarm"). */
export const lasting = (min: number, max = 1440) =>
  count(min, max, 'minutes').multipleOf(5, 'is not a multiple of 5; alarms look every five minutes');
export const list = <T extends z.ZodType>(item: T, what: string) =>
  z.array(item).min(1, `is empty; name at least one ${what}`).readonly();
export const cidr = z
  .cidrv4({ error: 'is not an IPv4 network; write it like 10.20.0.0/16', abort: true })
  .superRefine((text, context) => {
    const network = networkOf(text);
    if (network === undefined || network === text) return;
    const message = `is an address within a network, and AWS takes networks; write ${network}`;
    context.addIssue({ code: 'custom', message });
  });
export const email = z.email('is not an e-mail address; correct it, or remove it from the list');
export const text = z.string().trim().min(1, 'is empty; give it a value');
export const instanceType = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/,
    'is not an instance type such as c7a.4xlarge; choose one such as c7a.4xlarge or g6.xlarge, of a family in config/instance-types.ts',
  );

/** Who gets the alarms by e-mail; each address of the ops account has to confirm its subscription once. */
export const alarmEmails = z.array(email).readonly();

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What every account has. */
export const account = {
  /** The AWS account that this environment lives in. */
  accountId,
  /** One region for everything: images are regional, and copying them is not what this factory does. */
  region,
  state: z
    .strictObject({
      /** Days for which replaced versions of a state file can be restored. */
      previousVersionsDays: count(7, 3650, 'days'),
    })
    .readonly(),
  /** Retention of every log group, in days; one of the values that CloudWatch Logs accepts. */
  logRetentionDays: z
    .number()
    .refine(
      (days) => logRetentions.includes(days),
      `is not a retention that CloudWatch Logs has; use one of ${logRetentions.join(', ')}`,
    ),
  /** US dollars that the account may cost in a month before its alarm addresses are notified; null watches no cost. */
  monthlyBudgetUsd: count(1, 10_000_000, 'US dollars').nullable(),
  notifications: z.strictObject({ alarmEmails }).readonly(),
};
