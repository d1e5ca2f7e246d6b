import { SSMClient } from '@aws-sdk/client-ssm';
import { imageOfRole, nodeRoles, pointerName, type NodeRole } from '../../config/names';
import { readPointer, writeValidated } from './images/pointer';
import { DeliveryRefused, listed } from './problem';
import { rolloutLook, type RolloutProps } from './rollout/watch';

export interface PromoteProps extends RolloutProps {
  readonly dryRun: boolean;
  /** Pauses between looks at a pointer that was written, in seconds: Parameter Store checks the image after it answers. */
  readonly pauses: readonly number[];
  readonly sleep: (seconds: number) => Promise<unknown>;
}

/** What became of a `validated` pointer. */
export interface Promotion {
  readonly role: NodeRole;
  readonly imageId: string;
  /** What it named before. */
  readonly was: string | undefined;
}

/**
 * Says of exactly these images that the environment has proved them. The groups are looked at once more before the first
 * pointer is written: what they do not run at this moment is not proved, however the deployment before this went.
 *
 * A crash in between leaves one pointer moved, to an image that is proved all the same; a repetition moves the other.
 *
 * @throws DeliveryRefused where a group does not run its image, or a pointer does not show it in time
 */
export async function promote(props: PromoteProps): Promise<readonly Promotion[]> {
  const { client, images, dryRun, environment } = props;
  const open = (await rolloutLook(props)()).filter(({ is }) => is !== 'done');
  if (open.length > 0)
    throw new DeliveryRefused(
      `${environment} does not run these images, so they are not validated:${listed(open.map(({ says }) => says))}`,
    );
  const ssm = new SSMClient(client);
  const promotions: Promotion[] = [];
  for (const role of nodeRoles) {
    const [kind, imageId] = [imageOfRole[role], images[role]];
    const was = await readPointer(ssm, kind, 'validated');
    if (was !== imageId && !dryRun) {
      await writeValidated(ssm, kind, imageId);
      await expectPointer(ssm, props, role);
    }
    promotions.push({ role, imageId, was });
  }
  return promotions;
}

async function expectPointer(ssm: SSMClient, { images, pauses, sleep }: PromoteProps, role: NodeRole): Promise<void> {
  const [kind, wanted] = [imageOfRole[role], images[role]];
  let found: string | undefined;
  for (const pause of [0, ...pauses]) {
    if (pause > 0) await sleep(pause);
    found = await readPointer(ssm, kind, 'validated');
    if (found === wanted) return;
  }
  throw new DeliveryRefused(
    `${pointerName(kind, 'validated')} names ${found ?? 'nothing'} after ${wanted} was written; Parameter Store drops what ` +
      'the writing role may not describe (ec2:DescribeImages), or somebody else writes it: see CloudTrail.',
  );
}
