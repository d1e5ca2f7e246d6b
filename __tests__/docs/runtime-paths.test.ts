import { readFileSync } from 'node:fs';

/** Rows of a table whose first cell is a unit, without the source. */
const documented = [
  ...readFileSync('docs/facts/runtime-paths.md', 'utf8').matchAll(
    /^\| (bento-\S+) +\| (v\S+) +\| (\w+) +\| `(\S+)` +\| (.+\S) +\|$/gm,
  ),
].map(([, unit, from, need, file, source]) => ({ line: [unit, from, need, file].join(' '), source }));

test('each run-time path that the bake tries has its source in the documents, and no other is there', () => {
  const listed = readFileSync('scripts/runtime-paths.lst', 'utf8').match(/^bento-.+$/gm);
  expect(documented.map(({ line }) => line)).toEqual(listed);
});
