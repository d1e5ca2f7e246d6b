import { SSMClient } from '@aws-sdk/client-ssm';
import { imageOfRole, instanceRoles, pointerName, validatedImagesName, type InstanceRole } from '../../config/names';
import { readPointer, writeValidated } from './images/pointer';
import {
  readValidatedImages,
  sameImages,
  UnreadableImagesError,
  writeValidatedImages,
  type ValidatedImages,
} from './images/validated-images';
import { DeliveryRefusedError, listed } from './problem';
import { rolloutLook, type RolloutProps } from './rollout/watch';

export interface ValidateImagesProps extends RolloutProps {
  readonly dryRun: boolean;
  /** What came of the smoke test with these images; `off` where the environment has none. */
  readonly smoke: 'passed' | 'skipped' | 'off';
  /** Pauses between reads of a parameter that was written, in seconds: Parameter Store checks images after it answers. */
  readonly pauses: readonly number[];
  readonly sleep: (seconds: number) => Promise<unknown>;
}

/** What became of a `validated` pointer. */
export interface Validation {
  readonly role: InstanceRole;
  readonly imageId: string;
  /** What it named before. */
  readonly was: string | undefined;
  /** Whether an instance runs the image, and a smoke test was not skipped. Else it is not validated, and its pointer stays. */
  readonly validated: boolean;
}

/** What became of an environment's validated images. */
export interface Validations {
  readonly pointers: readonly Validation[];
  /** Whether the images ran together, so that `validatedImagesName` names them, or would. */
  readonly together: boolean;
}

/**
 * Records that the environment has validated exactly these images: the command `promote`. The groups are read again before
 * each write: an image that they do not run at that moment is not validated, and none is where the smoke test was skipped,
 * since no test ran with them. A group that is empty on purpose validates nothing: the pointer of its role stays, and so do
 * the images that were validated together.
 *
 * The record of both images comes last. A crash before it leaves a pointer moved to an image that is validated all the
 * same, and production plans with the images that ran together before; a repetition does the rest.
 *
 * @throws DeliveryRefusedError where a group does not run its image, or a parameter does not show its value in time
 */
export async function validateImages(props: ValidateImagesProps): Promise<Validations> {
  const { client, images, dryRun } = props;
  const ssm = new SSMClient(client);
  const validates = roleCheck(props);
  const pointers: Validation[] = [];
  for (const role of instanceRoles) {
    const [kind, imageId] = [imageOfRole[role], images[role]];
    const was = await readPointer(ssm, kind, 'validated');
    const validated = (await validates()).has(role);
    if (validated && was !== imageId && !dryRun) {
      await writeValidated(ssm, kind, imageId);
      await expectWritten(props, pointerName(kind, 'validated'), imageId, () => readPointer(ssm, kind, 'validated'));
    }
    pointers.push({ role, imageId, was, validated });
  }
  const known = await recordedImages(props);
  const together = (await validates()).size === instanceRoles.length;
  if (together && !sameImages(known, images) && !dryRun) {
    await writeValidatedImages(ssm, images);
    const text = JSON.stringify(images);
    await expectWritten(props, validatedImagesName, text, async () =>
      sameImages(await recordedImages(props), images) ? text : undefined,
    );
  }
  return { pointers, together };
}

/** The images that are on record; undefined also for a record that cannot be understood, which is written again. */
async function recordedImages({
  environment,
  client,
  report,
}: ValidateImagesProps): Promise<ValidatedImages | undefined> {
  try {
    return await readValidatedImages({ environment, client });
  } catch (error) {
    if (!(error instanceof UnreadableImagesError)) throw error;
    report(error.message);
    return undefined;
  }
}

/**
 * @returns a look at all groups that gives the roles whose instances run their image, tested where the environment tests
 * @throws DeliveryRefusedError (the look) where a group does not run its image
 */
function roleCheck(props: ValidateImagesProps): () => Promise<ReadonlySet<InstanceRole>> {
  const look = rolloutLook(props);
  return async () => {
    const groups = await look();
    const open = groups.filter(({ is }) => is !== 'done');
    if (open.length > 0)
      throw new DeliveryRefusedError(
        `${props.environment} does not run these images, so they are not validated:${listed(open.map(({ text }) => text))}`,
      );
    const running = instanceRoles.filter((_, index) => {
      const group = groups[index];
      return group?.is === 'done' && group.instances > 0;
    });
    if (props.smoke === 'skipped' && running.length === instanceRoles.length)
      throw new DeliveryRefusedError(
        `The smoke test of ${props.environment} was skipped, and now there are instances of each role; run it: make smoke ENV=${props.environment}`,
      );
    return new Set(props.smoke === 'skipped' ? [] : running);
  };
}

async function expectWritten(
  { pauses, sleep }: ValidateImagesProps,
  name: string,
  wanted: string,
  read: () => Promise<string | undefined>,
): Promise<void> {
  let found: string | undefined;
  for (const pause of [0, ...pauses]) {
    if (pause > 0) await sleep(pause);
    found = await read();
    if (found === wanted) return;
  }
  throw new DeliveryRefusedError(
    `${name} is ${found ?? 'not there'} after ${wanted} was written; Parameter Store drops images that the writing role ` +
      'may not describe (ec2:DescribeImages), or another principal writes it: see PutParameter in CloudTrail.',
  );
}
