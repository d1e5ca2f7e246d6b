import { parseArgs } from 'node:util';
import { command } from '../../cli/common/command';
import { terms } from './glossary';
import { countsOf, recordCounts, recordedCounts, scan } from './scan';

const usage = `usage: npm run words -- [--word=<word>] [--counts | --record] [<path>...]

Lists each place with a word that the glossary in CONTRIBUTING.md replaces: file, line, column, word, and what to use.

  --word=<word>  only this word, as the glossary has it
  --counts       only how many of each word there are, and how many may be
  --record       lowers what may be to what is; a test refuses more than that

exit codes: 0 listed, 1 more than there may be, 2 wrong usage`;

function parse(args: readonly string[]) {
  const parsed = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      word: { type: 'string' },
      counts: { type: 'boolean' },
      record: { type: 'boolean' },
    },
  });
  const { word } = parsed.values;
  const words = terms.map((term) => term.word);
  if (word !== undefined && !words.includes(word))
    throw new Error(`--word=${word}: the glossary has ${words.join(', ')}`);
  return parsed;
}

function run({ values, positionals }: ReturnType<typeof parse>): number {
  const all = scan();
  const counts = countsOf(all);
  const recorded = recordedCounts();
  const more = Object.entries(counts).filter(([word, count]) => count > (recorded[word] ?? 0));
  if (values.record) {
    if (more.length === 0) recordCounts(counts);
  } else if (values.counts) {
    for (const [word, count] of Object.entries(counts)) console.log(`${word}: ${count} of ${recorded[word] ?? 0}`);
  } else {
    const wanted = all
      .filter(({ term }) => values.word === undefined || term.word === values.word)
      .filter(({ file }) => positionals.length === 0 || positionals.some((path) => file.startsWith(path)));
    for (const { file, line, column, text, term } of wanted)
      console.log(`${file}:${line}:${column}: ${text} (use: ${term.use})`);
    return 0;
  }
  for (const [word, count] of more) console.error(`${word}: ${count}, and there may be ${recorded[word] ?? 0}`);
  return more.length === 0 ? 0 : 1;
}

export const wordsCommand = command({ summary: 'list the words that the glossary replaces', usage, parse, run });
