import { DescribeImagesCommand, type EC2Client, type Image } from '@aws-sdk/client-ec2';
import { GetParameterCommand, ParameterNotFound, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { functions, pointerName } from '../../config/names';
import { PointerNotMovedError } from './errors';
import type { PointerOutcome } from './result';
import type { VerifiedImage } from './verify-image';
import { poll, secondsOf, type Waits } from './waits';

/**
 * Lets an account's `latest` pointer name the image, unless it names a newer one: events arrive in any order, and twice.
 * Reading and writing are two calls, and Parameter Store has no conditional write: of two images of one kind that are
 * shared within the same second, the older one can win until the next one is shared.
 *
 * @param ssm Parameter Store of the service account
 * @param ec2 EC2 of the ops account: only the owner sees an image whatever its launch permissions say
 * @throws PointerNotMovedError where the pointer is written, and not to be read
 */
export async function movePointer(
  ssm: SSMClient,
  ec2: EC2Client,
  image: VerifiedImage,
  waits: Waits,
): Promise<PointerOutcome> {
  const { imageId, kind } = image;
  const name = pointerName(kind, 'latest');
  const current = await valueOf(ssm, name);
  if (current === imageId) return 'unchanged';
  if (current !== undefined && (await isNewer(ec2, current, image))) return 'kept-newer';
  await ssm.send(
    new PutParameterCommand({
      Name: name,
      Value: imageId,
      Type: 'String',
      DataType: 'aws:ec2:image',
      Description: `The newest ${kind} image that was shared with this account. ${functions.sharing} moves it.`,
      Overwrite: true,
    }),
  );
  // Images are checked after the answer, and until then the old value stays (Parameter Store, "AMI data type").
  const moved = async () => ((await valueOf(ssm, name)) === imageId ? true : undefined);
  if ((await poll(moved, waits.pointer, waits.sleep)) === undefined)
    throw new PointerNotMovedError(name, imageId, secondsOf(waits.pointer));
  return 'moved';
}

async function valueOf(ssm: SSMClient, name: string): Promise<string | undefined> {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
    return Parameter?.Value;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}

/** Whether the pointed-at image is newer. One that is gone or disabled can't be launched, and is not in the way. */
async function isNewer(ec2: EC2Client, pointedAt: string, image: VerifiedImage): Promise<boolean> {
  const { Images = [] } = await ec2.send(
    // A filter, since an id that EC2 does not know would be an error; disabled images are left out by default.
    new DescribeImagesCommand({ Owners: ['self'], Filters: [{ Name: 'image-id', Values: [pointedAt] }] }),
  );
  return Images.some((other) => after(other, image));
}

function after({ ImageId = '', CreationDate = '' }: Image, { imageId, created }: VerifiedImage): boolean {
  const difference = Date.parse(CreationDate) - created.getTime();
  return difference === 0 ? ImageId > imageId : difference > 0;
}
