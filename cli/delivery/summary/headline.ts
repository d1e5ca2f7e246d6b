import type { Kind, ResourceChange } from './changes';
import { formatChange, type ImageChange, type KnownImages } from './images';

/**
 * The longest headline, in characters. An approval takes 1000 characters of data (CodePipeline API Reference, action
 * configuration `CustomData`), and the pipeline writes something around it.
 */
export const longestHeadline = 700;

export const countOf = (changes: readonly ResourceChange[], kind: Kind): number =>
  changes.filter((change) => change.kind === kind).length;

/** The counts of a plan, replacements apart: Terraform counts each as one to add and one to destroy. */
export const counts = (changes: readonly ResourceChange[]): string =>
  (['create', 'update', 'replace', 'destroy', 'forget'] as const)
    .map((kind) => `${countOf(changes, kind)} to ${kind}`)
    .join(', ');

export interface HeadlineProps {
  readonly stack: string;
  readonly changes: readonly ResourceChange[];
  readonly images: readonly ImageChange[];
  readonly known: KnownImages;
  readonly outputs: number;
  readonly remarks: readonly string[];
}

/** One line for the approval. What is destroyed comes first, and what does not fit is counted: nothing goes unseen. */
export function headlineOf({ stack, changes, images, known, outputs, remarks }: HeadlineProps): string {
  if (changes.length === 0 && outputs === 0)
    return `${stack}: nothing to change${remarks.length > 0 ? `. ${remarks.join('; ')}` : ''}`;
  const addresses = (kind: Kind): string[] =>
    changes.filter((change) => change.kind === kind).map(({ address }) => address);
  const parts = [
    { title: 'DESTROYS', items: addresses('destroy') },
    { title: 'REPLACES', items: addresses('replace') },
    { title: 'Forgets', items: addresses('forget') },
    { title: 'Images', items: images.map((image) => formatChange(image, known)) },
    { title: 'Note', items: [...remarks] },
  ].filter(({ items }) => items.length > 0);
  // Each part can use what the parts before it left, but for the room that the later ones need to be counted.
  let line = `${stack}: ${counts(changes)}`;
  parts.forEach(({ title, items }, index) => {
    const reserve = (parts.length - index - 1) * 40;
    line += `. ${title}: ${fit(items, longestHeadline - line.length - title.length - 4 - reserve)}`;
  });
  return line.length > longestHeadline ? `${line.slice(0, longestHeadline - 1)}…` : line;
}

/** As many items as fit, and the number of the others. */
function fit(items: readonly string[], room: number): string {
  const text = items.join(', ');
  if (text.length <= room) return text;
  const kept: string[] = [];
  const rest = (): string => `${items.length - kept.length} more in the summary`;
  for (const item of items) {
    if ([...kept, item, rest()].join(', ').length > room) break;
    kept.push(item);
  }
  return kept.length === 0 ? rest().replace(' more', '') : [...kept, rest()].join(', ');
}
