import { ModifyImageAttributeCommand, type Image } from '@aws-sdk/client-ec2';
import { shortMessage, ImdsSupportError } from '../errors';
import { isTransient, retrying } from '../../common/retry';
import type { Run } from '../run';

/** Whether instances of the image require IMDSv2 unless their launch overrides it. */
export const requiresImdsV2 = ({ ImdsSupport }: Image): boolean => ImdsSupport === 'v2.0';

/**
 * Makes instances of an image require IMDSv2 by default. The build leaves this to the function: a caller of
 * ModifyImageAttribute could share the image too, since AWS does not document for this form which condition key shows
 * what is being changed (Service Authorization Reference, "Amazon EC2"). The owner can set it on any of its images,
 * and it cannot be undone (EC2 API Reference, "ModifyImageAttribute"), so that a repetition changes nothing.
 *
 * @throws ImdsSupportError after the retries; the image must not be given to any account then
 */
export async function requireImdsV2(run: Run, imageId: string): Promise<void> {
  if (run.dryRun) return;
  const command = new ModifyImageAttributeCommand({ ImageId: imageId, ImdsSupport: { Value: 'v2.0' } });
  try {
    await retrying(() => run.clients.ec2.send(command), run.waits);
  } catch (error) {
    throw new ImdsSupportError(imageId, shortMessage(error), !isTransient(error));
  }
}
