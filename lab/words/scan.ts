import { files, textOf } from '../common/repository';
import { wordsOf, type Found } from './find';

/** Where the words stand on purpose. */
const aboutWords = new Set(['LICENSE', 'lab/words/glossary.ts', '__tests__/lab/words.test.ts']);

/** The glossary's own table, in CONTRIBUTING.md. */
const withoutGlossary = (file: string, text: string): string =>
  file === 'CONTRIBUTING.md' ? text.replace(/^\| .* \|$/gm, '') : text;

export type FoundIn = Found & { readonly file: string };

/** Every word of the glossary's second column in the repository. */
export const scan = (): FoundIn[] =>
  files
    .filter((file) => !aboutWords.has(file))
    .flatMap((file) => wordsOf(file, withoutGlossary(file, textOf(file))).map((found) => ({ ...found, file })));
