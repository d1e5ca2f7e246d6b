// As a namespace: the bundler drops what is not used of it, 380 kB of locales among others.
import * as z from 'zod';
import { RotationRefused } from './errors';

/** What the function is told by its environment. The region comes from the runtime's AWS_REGION. */
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

/** @throws RotationRefused that names every variable that is missing or malformed */
export function settingsFrom(environment: Readonly<Record<string, string | undefined>>): Settings {
  const { success, data, error } = schema.safeParse(environment);
  if (success) return { user: data.STORAGE_USER, bucket: data.STORAGE_BUCKET, secretArn: data.STORAGE_SECRET_ARN };
  const wrong = error.issues.map(({ path }) => `${String(path[0])} is ${environment[String(path[0])] ?? 'missing'}`);
  throw new RotationRefused(`The function is not set up: ${wrong.join('; ')}; deploy the cluster's stack again`);
}
