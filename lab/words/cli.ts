import { parseArgs } from 'node:util';
import { command } from '../../cli/common/command';
import { terms } from './glossary';
import { scan } from './scan';

const usage = `usage: npm run words -- [--word=<word>] [<path>...]

Lists each place with a word that the glossary in CONTRIBUTING.md replaces: file, line, column, word, and what to use.

  --word=<word>  only this word, as the glossary has it
  --help         print this

exit codes: 0 there is none, 1 there are some, 2 wrong usage`;

function parse(args: readonly string[]) {
  const parsed = parseArgs({ args: [...args], allowPositionals: true, options: { word: { type: 'string' } } });
  const { word } = parsed.values;
  const words = terms.map((term) => term.word);
  if (word !== undefined && !words.includes(word))
    throw new Error(`--word=${word}: the glossary has ${words.join(', ')}`);
  return parsed;
}

function run({ values, positionals }: ReturnType<typeof parse>): number {
  const found = scan()
    .filter(({ term }) => values.word === undefined || term.word === values.word)
    .filter(({ file }) => positionals.length === 0 || positionals.some((path) => file.startsWith(path)));
  for (const { file, line, column, text, term } of found)
    console.log(`${file}:${line}:${column}: ${text} (use: ${term.use})`);
  return found.length === 0 ? 0 : 1;
}

export const wordsCommand = command({ summary: 'list the words that the glossary replaces', usage, parse, run });
