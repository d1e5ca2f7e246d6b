// As a namespace: the bundler drops what is not used of it, 380 kB of locales among others.
import * as z from 'zod';
import { readSettings, type Environment } from '../common/settings';

/** What the function reads from its environment. The region comes from the runtime's AWS_REGION. */
export interface Settings {
  /** IAM user whose keys these are. */
  readonly user: string;
  /** The bucket that a key must work with. */
  readonly bucket: string;
  /** ARN of the only secret that is rotated. */
  readonly secretArn: string;
}

const schema = z.object({
  STORAGE_USER: z.string().regex(/^[\w+=,.@-]{1,64}$/),
  STORAGE_BUCKET: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
  STORAGE_SECRET_ARN: z.string().regex(/^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$/),
});

const expected = {
  STORAGE_USER: 'the name of an IAM user',
  STORAGE_BUCKET: 'the name of a bucket',
  STORAGE_SECRET_ARN: 'the ARN of a secret',
};

/** @throws SettingsError that names every variable that is missing or malformed */
export function settingsFrom(environment: Environment): Settings {
  const data = readSettings(schema, expected, environment);
  return { user: data.STORAGE_USER, bucket: data.STORAGE_BUCKET, secretArn: data.STORAGE_SECRET_ARN };
}
