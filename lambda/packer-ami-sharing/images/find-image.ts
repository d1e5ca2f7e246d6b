import { DescribeImagesCommand, type EC2Client, type Image } from '@aws-sdk/client-ec2';
import { ImageNotReadyError } from '../errors';
import { poll, secondsOf } from '../../common/poll';
import type { Waits } from '../waits';

/**
 * The image of that id, of any owner, once its state is final; final is not yet usable.
 *
 * @throws ImageNotReadyError where it is invisible or pending for too long
 */
export async function findImage(ec2: EC2Client, imageId: string, waits: Waits): Promise<Image> {
  const visible = await poll(() => visibleImage(ec2, imageId), waits.imageVisible, waits.sleep);
  if (visible === undefined)
    throw new ImageNotReadyError(
      `${imageId} can't be seen in this account and region, after ${secondsOf(waits.imageVisible)} s; ` +
        `check the id, and that no one has deregistered the image`,
    );
  if (!isPending(visible)) return visible;

  const final = async () => {
    const image = await visibleImage(ec2, imageId);
    return image === undefined || isPending(image) ? undefined : image;
  };
  const image = await poll(final, waits.imageAvailable, waits.sleep);
  if (image === undefined)
    throw new ImageNotReadyError(
      `${imageId} is pending for more than ${secondsOf(waits.imageAvailable)} s; redrive the event once it is available`,
    );
  return image;
}

const isPending = ({ State }: Image): boolean => State === 'pending';

/**
 * Undefined while EC2 does not know the id, which right after its creation it may not
 * (docs/facts/images.md#eventual-consistency).
 */
export async function visibleImage(ec2: EC2Client, imageId: string): Promise<Image | undefined> {
  try {
    const { Images = [] } = await ec2.send(
      // A disabled image is left out unless it is asked for, and would look like a missing one.
      new DescribeImagesCommand({ ImageIds: [imageId], IncludeDisabled: true }),
    );
    return Images[0];
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidAMIID.NotFound') return undefined;
    throw error;
  }
}
