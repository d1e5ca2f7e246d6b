import { CreateTagsCommand, paginateDescribeImages, type EC2Client, type Image, type Tag } from '@aws-sdk/client-ec2';
import { imageTags } from '../../../config/names';
import { chunks } from '../../common/bounded';
import { OutOfTimeError, TagsMissingError } from '../errors';
import { isImageGone, isTransient } from '../../common/retry';
import { poll, secondsOf } from '../../common/poll';
import type { Waits } from '../waits';

/** The most values that a filter takes (EC2 API Reference, "DescribeImages"). */
const perFilter = 200;

export interface TagOptions {
  readonly waits: Waits;
  readonly dryRun: boolean;
  /** Whether to write without looking first: one call less where the tags are missing for sure. */
  readonly unseen: boolean;
  /** Whether there is time for a further image. */
  readonly mayBegin: () => boolean;
  /** Gets the id of every image whose tags were missing, before they are written. */
  readonly found: (imageId: string) => void;
}

/**
 * Gives images the factory's tags in a service account, since those of the owner are not seen there, and reads them
 * back; which shows too that the account sees the images. It may see one later than its owner does, and until then the
 * image does not exist there: that is waited for. Other tags of the account are left alone.
 *
 * @param ec2 EC2 of the service account
 * @param images as their owner sees them
 * @returns why an image has not its tags, by the image's id
 * @throws what concerns all of them, such as throttling or a denial
 */
export async function tagImages(
  ec2: EC2Client,
  images: readonly Image[],
  { waits, dryRun, unseen, mayBegin, found }: TagOptions,
): Promise<ReadonlyMap<string, unknown>> {
  const untagged = unseen ? images : await withoutTags(ec2, images);
  for (const image of untagged) found(idOf(image));
  const failed = new Map<string, unknown>();
  if (dryRun || untagged.length === 0) return failed;
  let unwritten = untagged;
  let unread: readonly Image[] = [];
  const done = async () => {
    const left: Image[] = [];
    const written: Image[] = [];
    for (const image of unwritten) {
      const outcome = mayBegin()
        ? await write(ec2, image)
        : new OutOfTimeError('the time of the run ended before all tags were written');
      if (outcome === 'written') written.push(image);
      else if (isImageGone(outcome)) left.push(image);
      else failed.set(idOf(image), outcome);
    }
    unwritten = left;
    unread = await withoutTags(ec2, [...unread, ...written]);
    return unwritten.length + unread.length === 0 ? true : undefined;
  };
  await poll(done, waits.tags, waits.sleep);
  for (const image of [...unwritten, ...unread])
    failed.set(idOf(image), new TagsMissingError([idOf(image)], secondsOf(waits.tags)));
  return failed;
}

/** @returns why the image can't be tagged */
async function write(ec2: EC2Client, image: Image): Promise<unknown> {
  try {
    await ec2.send(new CreateTagsCommand({ Resources: [idOf(image)], Tags: [...tagsOf(image)] }));
    return 'written';
  } catch (error) {
    const ofThisImage = isImageGone(error) || (error instanceof Error && /^(Invalid|TagLimit)/.test(error.name));
    if (!ofThisImage || (isTransient(error) && !isImageGone(error))) throw error;
    return error;
  }
}

const idOf = ({ ImageId = '' }: Image): string => ImageId;

/** The tags that cross accounts. */
const tagsOf = ({ Tags = [] }: Image): readonly Tag[] =>
  Tags.filter(({ Key }) => imageTags.some((name) => name === Key));

async function withoutTags(ec2: EC2Client, images: readonly Image[]): Promise<readonly Image[]> {
  const untagged: Image[] = [];
  for (const part of chunks(images, perFilter)) {
    const seen = new Map<string, readonly Tag[]>();
    // A filter, since one id that the account can't see would make an error of the whole call.
    const Filters = [{ Name: 'image-id', Values: part.map(idOf) }];
    const pages = paginateDescribeImages({ client: ec2, pageSize: perFilter }, { Filters, IncludeDeprecated: true });
    for await (const { Images = [] } of pages)
      for (const { ImageId = '', Tags = [] } of Images) seen.set(ImageId, Tags);
    for (const image of part) if (!hasTags(image, seen.get(idOf(image)))) untagged.push(image);
  }
  return untagged;
}

const hasTags = (image: Image, there: readonly Tag[] = []): boolean =>
  tagsOf(image).every((tag) => there.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value));
