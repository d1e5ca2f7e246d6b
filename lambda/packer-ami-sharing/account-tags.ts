import { CreateTagsCommand, paginateDescribeImages, type EC2Client, type Image, type Tag } from '@aws-sdk/client-ec2';
import { imageTags } from '../../config/names';
import { chunks } from './bounded';
import { TagsMissingError } from './errors';
import { poll, secondsOf, type Waits } from './waits';

/** The most values that a filter takes (EC2 API Reference, "DescribeImages"). */
const perFilter = 200;

export interface TagOptions {
  readonly waits: Waits;
  readonly dryRun: boolean;
  /** Whether to write without looking first: one call less where the tags are missing for sure. */
  readonly unseen: boolean;
}

/**
 * Gives images the factory's tags in a service account, since those of the owner are not seen there, and reads them
 * back; which proves too that the account sees the images. Other tags of the account are left alone.
 *
 * @param ec2 EC2 of the service account
 * @param images as their owner sees them
 * @returns the images whose tags were missing
 * @throws TagsMissingError where they don't show afterwards
 */
export async function tagImages(
  ec2: EC2Client,
  images: readonly Image[],
  { waits, dryRun, unseen }: TagOptions,
): Promise<readonly string[]> {
  const untagged = unseen ? images : await withoutTags(ec2, images);
  const ids = untagged.flatMap(({ ImageId }) => ImageId ?? []);
  if (dryRun || untagged.length === 0) return ids;
  for (const image of untagged)
    await ec2.send(new CreateTagsCommand({ Resources: [image.ImageId ?? ''], Tags: [...tagsOf(image)] }));
  let left: readonly Image[] = untagged;
  const tagged = async () => {
    left = await withoutTags(ec2, left);
    return left.length === 0 ? true : undefined;
  };
  if ((await poll(tagged, waits.tags, waits.sleep)) === undefined)
    throw new TagsMissingError(
      left.flatMap(({ ImageId }) => ImageId ?? []),
      secondsOf(waits.tags),
    );
  return ids;
}

/** The tags that cross accounts. */
const tagsOf = ({ Tags = [] }: Image): readonly Tag[] =>
  Tags.filter(({ Key }) => imageTags.some((name) => name === Key));

async function withoutTags(ec2: EC2Client, images: readonly Image[]): Promise<readonly Image[]> {
  const seen = new Map<string, readonly Tag[]>();
  for (const part of chunks(images, perFilter)) {
    // A filter, since one id that the account can't see would make an error of the whole call.
    const Filters = [{ Name: 'image-id', Values: part.flatMap(({ ImageId }) => ImageId ?? []) }];
    const pages = paginateDescribeImages({ client: ec2, pageSize: perFilter }, { Filters, IncludeDeprecated: true });
    for await (const { Images = [] } of pages)
      for (const { ImageId = '', Tags = [] } of Images) seen.set(ImageId, Tags);
  }
  return images.filter((image) => {
    const there = seen.get(image.ImageId ?? '');
    return !tagsOf(image).every((tag) => there?.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value));
  });
}
