// As a namespace, for the bundler: see lambda/packer-ami-sharing/events/event.ts.
import * as z from 'zod';
import { readSettings, type Environment } from '../common/settings';
import type { RetirementRules } from './decide/facts';

/** What the function reads from its environment. The region comes from the runtime's AWS_REGION, which the SDK reads. */
export interface Settings {
  /** The account that owns the images, and that the function runs in: 12 digits. */
  readonly opsAccountId: string;
  /** The accounts that may use images: 1 to 100, distinct. */
  readonly serviceAccountIds: readonly string[];
  /** The bucket that reports are written to. */
  readonly reportBucket: string;
  readonly rules: RetirementRules;
  /** So many of the newest versions of each launch template count as in use. */
  readonly templateVersions: number;
  /** What dead builds left is removed after so many hours. */
  readonly leftoverHours: number;
  /** What a GiB of a snapshot costs a month, in USD. */
  readonly snapshotUsdPerGiBMonth: number;
}

const accountId = /^\d{12}$/;
const count = z.number().int().min(0).max(3650);

const policy = z.strictObject({
  keepNewest: count.min(1),
  minimumAgeDays: count.min(1),
  lastLaunchedDays: count.min(1),
  supersededDays: count,
  deprecatedDays: count.min(1),
  disabledDays: count.min(1),
  changesPerRun: count.min(1),
  templateVersions: count.min(1),
  leftoverHours: count.min(9),
  snapshotUsdPerGiBMonth: z.number().min(0),
});

const schema = z.object({
  OPS_ACCOUNT_ID: z.string().regex(accountId),
  SERVICE_ACCOUNT_IDS: z
    .string()
    .transform((text) => text.split(',').map((id) => id.trim()))
    .refine((ids) => ids.length <= 100 && ids.every((id) => accountId.test(id)) && new Set(ids).size === ids.length),
  REPORT_BUCKET: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
  RETIREMENT: z.string().transform((text, context) => {
    const parsed = policy.safeParse(json(text));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: 'is no retirement policy' });
    return z.NEVER;
  }),
});

const expected = {
  OPS_ACCOUNT_ID: 'the 12 digits of the ops account',
  SERVICE_ACCOUNT_IDS: '1 to 100 different account ids of 12 digits, separated by commas',
  REPORT_BUCKET: 'the name of the bucket for reports',
  RETIREMENT: `JSON with exactly the numbers ${Object.keys(policy.shape).join(', ')}`,
};

/**
 * Reads the settings.
 *
 * @throws SettingsError that names every variable that is missing or malformed
 */
export function settingsFrom(environment: Environment): Settings {
  const data = readSettings(schema, expected, environment);
  const { templateVersions, leftoverHours, snapshotUsdPerGiBMonth, ...rules } = data.RETIREMENT;
  return {
    opsAccountId: data.OPS_ACCOUNT_ID,
    serviceAccountIds: data.SERVICE_ACCOUNT_IDS,
    reportBucket: data.REPORT_BUCKET,
    rules,
    templateVersions,
    leftoverHours,
    snapshotUsdPerGiBMonth,
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
