import { terms, type Term } from './glossary';

export interface Found {
  /** From 1; 0 is the name of the file. */
  readonly line: number;
  readonly column: number;
  readonly text: string;
  readonly term: Term;
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** A word in prose and in identifiers, in camel case and in upper case too, but not inside of another word. */
const pattern = ({ forms }: Term): RegExp => {
  const [lower, upper] = [forms.join('|'), forms.join('|').toUpperCase()];
  const camel = forms.map(capital).join('|');
  return new RegExp(
    `(?<![A-Za-z])(?:${lower})(?![a-z])|(?:${camel})(?![a-z])|(?<![A-Za-z])(?:${upper})(?![A-Za-z])`,
    'g',
  );
};

const patterns = terms.map((term) => ({ term, pattern: pattern(term) }));

/** Web addresses are names that others gave. */
const addresses = /\bhttps?:\/\/[^\s)>'"`]+/g;

const blanked = (text: string, forms: readonly RegExp[]): string =>
  forms.reduce((rest, form) => rest.replace(form, (match) => ' '.repeat(match.length)), text);

/** Words of the glossary's second column in a text, proper uses left out. */
export function wordsIn(text: string): Found[] {
  return blanked(text, [addresses])
    .split('\n')
    .flatMap((line, index) =>
      patterns.flatMap(({ term, pattern: form }) =>
        [...blanked(line, term.proper ?? []).matchAll(form)].map((match) => ({
          line: index + 1,
          column: match.index + 1,
          text: match[0],
          term,
        })),
      ),
    );
}

/** The same for a file, whose own name counts too, without its folders. */
export function wordsOf(file: string, text: string): Found[] {
  const name = file.slice(file.lastIndexOf('/') + 1);
  return [...wordsIn(name).map((found) => ({ ...found, line: 0 })), ...wordsIn(text)];
}
