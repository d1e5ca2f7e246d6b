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
  /** Whether a machine runs the image. One that no machine ran is not proved, and its pointer stays. */
  readonly proved: boolean;
}

/**
 * Says of exactly these images that the environment has proved them. The groups are looked at once more before the first
 * pointer is written: what they do not run at this moment is not proved, however the deployment before this went. A
 * group that is empty on purpose proves nothing, so the pointer of its role stays where it is.
 *
 * A crash in between leaves one pointer moved, to an image that is proved all the same; a repetition moves the other.
 *
 * @throws DeliveryRefused where a group does not run its image, or a pointer does not show it in time
 */
export async function promote(props: PromoteProps): Promise<readonly Promotion[]> {
  const { client, images, dryRun, environment } = props;
  const verdicts = await rolloutLook(props)();
  const open = verdicts.filter(({ is }) => is !== 'done');
  if (open.length > 0)
    throw new DeliveryRefused(
      `${environment} does not run these images, so they are not validated:${listed(open.map(({ says }) => says))}`,
    );
  const ssm = new SSMClient(client);
  const promotions: Promotion[] = [];
  for (const [index, role] of nodeRoles.entries()) {
    const [kind, imageId, verdict] = [imageOfRole[role], images[role], verdicts[index]];
    const proved = verdict?.is === 'done' && verdict.machines > 0;
    const was = await readPointer(ssm, kind, 'validated');
    if (proved && was !== imageId && !dryRun) {
      await writeValidated(ssm, kind, imageId);
      await expectPointer(ssm, props, role);
    }
    promotions.push({ role, imageId, was, proved });
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
