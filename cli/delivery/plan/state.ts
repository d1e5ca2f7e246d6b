import { GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { EnvironmentConfig } from '../../../config';
import { stacks, stateBucket, stateKey } from '../../../config/names';
import { pathStyle } from '../../common/s3';
import type { ClientSettings } from '../access';
import { DeliveryRefusedError } from '../problem';
import { sha256, type StateIdentity } from './record';

const stateSchema = z.object({ lineage: z.string(), serial: z.int() });

/**
 * Identifies the cluster's state as it is now: one read of the object in S3, so that content and version belong together.
 *
 * @returns `null` where there is no state yet
 * @throws DeliveryRefusedError for an object that is no state
 */
export async function readState(
  client: ClientSettings,
  { environment, accountId, region }: EnvironmentConfig,
): Promise<StateIdentity> {
  const Key = stateKey(stacks.cluster(environment));
  const s3 = new S3Client({ ...client, forcePathStyle: pathStyle(client.endpoint) });
  try {
    const { Body, VersionId } = await s3.send(
      new GetObjectCommand({
        Bucket: stateBucket(accountId, region),
        Key,
        ExpectedBucketOwner: accountId,
      }),
    );
    const content = Buffer.from((await Body?.transformToByteArray()) ?? []);
    return { ...parsed(content.toString(), Key), sha256: sha256(content), versionId: VersionId ?? null };
  } catch (error) {
    if (error instanceof NoSuchKey) return null;
    throw error;
  } finally {
    s3.destroy();
  }
}

function parsed(text: string, key: string): z.infer<typeof stateSchema> {
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (cause) {
    const message = `The object ${key} is not a Terraform state. Restore an older version of it: docs/runbook.md has the steps.`;
    throw new DeliveryRefusedError(message, { cause });
  }
}

const named = (state: StateIdentity): string =>
  state === null
    ? 'no state'
    : `serial ${state.serial} of ${state.lineage} (SHA-256 ${state.sha256.slice(0, 12)}, version ${state.versionId ?? 'none'})`;

/** How the state differs from the one that the plan was made from; undefined where it is the same. */
export function movedState(planned: StateIdentity, now: StateIdentity): string | undefined {
  const same =
    planned === null || now === null
      ? planned === now
      : planned.lineage === now.lineage &&
        planned.serial === now.serial &&
        planned.sha256 === now.sha256 &&
        planned.versionId === now.versionId;
  return same ? undefined : `state: the plan is made from ${named(planned)}, and there is ${named(now)} now`;
}

/** Whether the state advanced from the plan's, as it does when the plan is applied, and is neither older nor another. */
export const advanced = (planned: StateIdentity, now: StateIdentity): boolean =>
  now !== null && (planned === null || (planned.lineage === now.lineage && now.serial > planned.serial));
