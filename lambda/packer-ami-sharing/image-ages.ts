import type { Image } from '@aws-sdk/client-ec2';
import { imageKinds, type ImageKind } from '../../config/names';
import type { Published } from './result';
import { isRetired, kindOf, type Expected } from './rules';

/** Ages in days of the newest image of a kind, and of the newest that staging proved; missing where there is none. */
export interface Ages {
  readonly kind: ImageKind;
  readonly latest?: number;
  readonly validated?: number;
}

const dayMs = 24 * 3600 * 1000;

/**
 * How old the images are that clusters run. An account whose pointers could not be read says nothing, and so does a
 * pointer to an image that is gone: a wrong age would be worse than none.
 *
 * @param images every image of the factory that is available, the newest first
 */
export function imageAges(
  images: readonly Image[],
  published: readonly Published[],
  expected: Expected,
): readonly Ages[] {
  const pointers = published.flatMap((account) => account.pointers);
  const ageOf = (image: Image | undefined): number | undefined => {
    const created = Date.parse(image?.CreationDate ?? '');
    return Number.isNaN(created) ? undefined : Math.max(0, (expected.now.getTime() - created) / dayMs);
  };
  return imageKinds.map((kind) => {
    const ofKind = images.filter((image) => kindOf(image) === kind);
    const proved = new Set(pointers.flatMap((pointer) => (pointer.kind === kind ? (pointer.validated ?? []) : [])));
    const latest = ageOf(ofKind.find((image) => !isRetired(image, expected)));
    const validated = ageOf(ofKind.find(({ ImageId = '' }) => proved.has(ImageId)));
    return { kind, ...(latest !== undefined && { latest }), ...(validated !== undefined && { validated }) };
  });
}
