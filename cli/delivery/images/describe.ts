import { DescribeImagesCommand, type EC2Client, type Image } from '@aws-sdk/client-ec2';
import { imageKinds, type ImageKind } from '../../../config/names';

/** The parts of an image's name, which is the same in every account (docs/names.md#images). */
export interface ImageName {
  readonly kind: ImageKind;
  readonly version: string;
  /** When it was baked: yyyymmddhhmmss, UTC. */
  readonly time: string;
}

const namePattern = new RegExp(`^boundless-(${imageKinds.join('|')})-(.+)-(\\d{14})$`);

/** Reads `boundless-<image>-<version>-<time>`; undefined for any other name. */
export function parseImageName(name: string): ImageName | undefined {
  const [, kind, version, time] = namePattern.exec(name) ?? [];
  const known = imageKinds.find((one) => one === kind);
  return known === undefined || version === undefined || time === undefined
    ? undefined
    : { kind: known, version, time };
}

/** Images that the account sees, by id. An id that it does not see is left out, where asking for ids would be an error. */
export async function imagesById(ec2: EC2Client, ids: readonly string[]): Promise<ReadonlyMap<string, Image>> {
  if (ids.length === 0) return new Map();
  const { Images = [] } = await ec2.send(
    // Without the second, an image that was withdrawn or retired would not be seen.
    new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values: [...ids] }], IncludeDeprecated: true }),
  );
  return new Map(Images.map((image) => [image.ImageId ?? '', image]));
}
