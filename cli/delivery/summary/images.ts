import { instanceRoles } from '../../../config/names';
import { parseImageName } from '../images/describe';
import type { ResourceChange } from './changes';

/** Names of images by their ids. */
export type KnownImages = ReadonlyMap<string, string>;

/** A launch template whose instances get another image. */
export interface ImageChange {
  /** The role of its instances, or the template's address where its name has none. */
  readonly of: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const textAt = (value: unknown, name: string): string | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = (value as Record<string, unknown>)[name];
  return typeof found === 'string' && found !== '' ? found : undefined;
};

/** The image of every launch template that is made, changed or destroyed. */
export function imageChanges(changes: readonly ResourceChange[]): readonly ImageChange[] {
  return changes
    .filter(({ type, kind }) => type === 'aws_launch_template' && kind !== 'none')
    .map(({ address, change: { before, after } }) => {
      const name = textAt(after, 'name') ?? textAt(before, 'name') ?? '';
      const role = instanceRoles.find((one) => name.endsWith(`-${one}`));
      return { of: role ?? address, before: textAt(before, 'image_id'), after: textAt(after, 'image_id') };
    });
}

export const imageIdsIn = (changes: readonly ResourceChange[]): readonly string[] => [
  ...new Set(imageChanges(changes).flatMap(({ before, after }) => [before ?? [], after ?? []].flat())),
];

/** The version that an image's name carries, or its id where that is not known. */
const versionOf = (id: string, known: KnownImages): string => parseImageName(known.get(id) ?? '')?.version ?? id;

/** An image in full: version, id, and when it was baked. */
export function describeImage(id: string | undefined, known: KnownImages): string {
  if (id === undefined) return 'none';
  const name = known.get(id);
  const parsed = parseImageName(name ?? '');
  if (parsed !== undefined) return `${parsed.version} (${id}, baked ${parsed.time})`;
  return name === undefined ? `${id} (this account no longer sees it)` : `${id} (${name})`;
}

/** What becomes of an image, in a few words: `manager v1.2.1 -> v1.2.2`. */
export function formatChange({ of, before, after }: ImageChange, known: KnownImages): string {
  if (before === after) return `${of} stays on ${after === undefined ? 'none' : versionOf(after, known)}`;
  const [was, is] = [before, after].map((id) => (id === undefined ? 'none' : versionOf(id, known)));
  // Two bakes of one version are distinguished by their ids.
  return was === is ? `${of} ${was ?? ''}: ${before ?? ''} -> ${after ?? ''}` : `${of} ${was ?? ''} -> ${is ?? ''}`;
}
