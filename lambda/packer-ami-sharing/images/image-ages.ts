import { imageKinds, type ImageKind } from '../../../config/names';
import type { ListedImage } from './image-list';
import type { Published } from '../result';

/** Ages in days of the newest good image of a kind, and of the newest that staging validated; missing where there is none. */
export interface Ages {
  readonly kind: ImageKind;
  readonly latest?: number;
  readonly validated?: number;
}

const dayMs = 24 * 3600 * 1000;

/**
 * How old the images are that clusters run. An account whose pointers could not be read counts for nothing, and so does a
 * pointer to an image that is gone: a wrong age would be worse than none.
 *
 * @param images every image of the factory that is available, the newest first
 */
export function imageAges(images: readonly ListedImage[], published: readonly Published[], now: Date): readonly Ages[] {
  const pointers = published.flatMap((account) => account.pointers);
  const ageOf = (image: ListedImage | undefined): number | undefined =>
    image === undefined ? undefined : Math.max(0, (now.getTime() - image.created) / dayMs);
  return imageKinds.map((kind) => {
    const ofKind = images.filter((image) => image.kind === kind && image.created > 0);
    const validatedIds = new Set(
      pointers.flatMap((pointer) => (pointer.kind === kind ? (pointer.validated ?? []) : [])),
    );
    const latest = ageOf(ofKind.find(({ isGood }) => isGood));
    const validated = ageOf(ofKind.find(({ imageId }) => validatedIds.has(imageId)));
    return { kind, ...(latest !== undefined && { latest }), ...(validated !== undefined && { validated }) };
  });
}
