import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { files, textOf } from '../common/repository';
import { wordsOf, type Found } from './find';
import { terms } from './glossary';

export const countsFile = 'lab/words/counts.json';

/** Where the words stand on purpose. */
const aboutWords = new Set(['LICENSE', countsFile, 'lab/words/glossary.ts', '__tests__/lab/words.test.ts']);

/** The glossary's own table, in CONTRIBUTING.md. */
const withoutGlossary = (file: string, text: string): string =>
  file === 'CONTRIBUTING.md' ? text.replace(/^\| .* \|$/gm, '') : text;

export type FoundIn = Found & { readonly file: string };

/** Every word of the glossary's second column in the repository. */
export const scan = (): FoundIn[] =>
  files
    .filter((file) => !aboutWords.has(file))
    .flatMap((file) => wordsOf(file, withoutGlossary(file, textOf(file))).map((found) => ({ ...found, file })));

export type Counts = Readonly<Record<string, number>>;

export function countsOf(found: readonly FoundIn[]): Counts {
  const counts = new Map(terms.map(({ word }) => [word, 0]));
  for (const { term } of found) counts.set(term.word, (counts.get(term.word) ?? 0) + 1);
  return Object.fromEntries(counts);
}

export const recordedCounts = (): Counts =>
  z.record(z.string(), z.number().int().nonnegative()).parse(JSON.parse(readFileSync(countsFile, 'utf8')));

export function recordCounts(counts: Counts): void {
  writeFileSync(countsFile, `${JSON.stringify(counts, null, 2)}\n`);
}
