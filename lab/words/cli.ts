import { parseArgs } from 'node:util';
import { countsOf, recordCounts, recordedCounts, scan } from './scan';

const usage = `usage: npm run words -- [--word=<word>] [--counts | --record] [<path>...]

Lists each place with a word that the glossary in CONTRIBUTING.md replaces: file, line, column, word, and what to use.

  --word=<word>  only this word, as the glossary has it
  --counts       only how many of each word there are, and how many may be
  --record       lowers what may be to what is; a test refuses more than that

exit codes: 0 listed, 1 more than there may be, 2 wrong usage`;

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      word: { type: 'string' },
      counts: { type: 'boolean' },
      record: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return (console.log(usage), 0);
  const all = scan();
  const counts = countsOf(all);
  const recorded = recordedCounts();
  const more = Object.entries(counts).filter(([word, count]) => count > (recorded[word] ?? 0));
  if (values.word !== undefined && !(values.word in counts)) {
    console.error(`--word=${values.word}: the glossary has ${Object.keys(counts).join(', ')}`);
    return 2;
  }
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

try {
  process.exitCode = main();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}
