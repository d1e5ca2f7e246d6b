// As a namespace, for the bundler: see event.ts.
import * as z from 'zod';
import { readSettings, type Environment } from '../common/settings';

/** What the function reads from its environment. The region comes from the runtime's AWS_REGION, which the SDK reads. */
export interface Settings {
  /** The account that owns the images, and that the function runs in: 12 digits. */
  readonly opsAccountId: string;
  /** The accounts that get every image: 1 to 100, distinct. */
  readonly serviceAccountIds: readonly string[];
  /** ARN of the key, not of an alias: snapshots name the key that encrypts them by its ARN. */
  readonly imageKeyArn: string;
  /** The region of that key, of the images and of their builds. */
  readonly region: string;
  /** The CodeBuild project whose builds are shared. */
  readonly buildProject: string;
}

const accountId = /^\d{12}$/;

const schema = z.object({
  OPS_ACCOUNT_ID: z.string().regex(accountId),
  SERVICE_ACCOUNT_IDS: z
    .string()
    .transform((text) => text.split(',').map((id) => id.trim()))
    .refine((ids) => ids.length <= 100 && ids.every((id) => accountId.test(id)) && new Set(ids).size === ids.length),
  // Multi-region keys have ids such as mrk-1234abcd12ab34cd56ef1234567890ab.
  AMI_KEY_ARN: z.string().regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[0-9a-z-]{36}$/),
  // AWS CodeBuild API Reference, "CreateProject": name.
  BUILD_PROJECT: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{1,254}$/),
});

const expected = {
  OPS_ACCOUNT_ID: 'the 12 digits of the ops account',
  SERVICE_ACCOUNT_IDS: '1 to 100 different account ids of 12 digits, separated by commas',
  AMI_KEY_ARN: "the image key's ARN, arn:aws:kms:<region>:<account>:key/<id>, no alias",
  BUILD_PROJECT: 'the name of a CodeBuild project',
};

/**
 * Reads the settings.
 *
 * @throws SettingsError that names every variable that is missing or malformed
 */
export function settingsFrom(environment: Environment): Settings {
  const data = readSettings(schema, expected, environment);
  return {
    opsAccountId: data.OPS_ACCOUNT_ID,
    serviceAccountIds: data.SERVICE_ACCOUNT_IDS,
    imageKeyArn: data.AMI_KEY_ARN,
    region: data.AMI_KEY_ARN.split(':')[3] ?? '',
    buildProject: data.BUILD_PROJECT,
  };
}
