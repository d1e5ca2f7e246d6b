// As a namespace: the bundler drops what is not used of it, 380 kB of locales among others.
import * as z from 'zod';
import { RotationRefusedError } from './errors';

/** Secrets Manager calls the function once for each, in this order (AWS Secrets Manager User Guide, "Lambda rotation functions"). */
export const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
export type Step = (typeof steps)[number];

/** One step of a rotation. */
export interface RotationEvent {
  readonly step: Step;
  readonly secretArn: string;
  /** Id of the version that the rotation makes. */
  readonly token: string;
}

const schema = z.object({
  Step: z.enum(steps),
  SecretId: z.string().min(1),
  ClientRequestToken: z.string().regex(/^[\w-]{32,64}$/),
});

/** @throws RotationRefusedError for what Secrets Manager does not send */
export function parseEvent(event: unknown): RotationEvent {
  const { success, data, error } = schema.safeParse(event);
  if (success) return { step: data.Step, secretArn: data.SecretId, token: data.ClientRequestToken };
  const fields = error.issues.map(({ path }) => path.join('.') || 'the event');
  throw new RotationRefusedError(
    `No event of a rotation: ${fields.join(', ')}; Secrets Manager is to call this function`,
  );
}
