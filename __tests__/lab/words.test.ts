import { readFileSync } from 'node:fs';
import { wordsIn, wordsOf } from '../../lab/words/find';
import { terms } from '../../lab/words/glossary';
import { scan } from '../../lab/words/scan';

const found = (text: string): string[] => wordsIn(text).map((one) => one.text);

test('CONTRIBUTING.md has the glossary that is checked, and no other', () => {
  const section = readFileSync('CONTRIBUTING.md', 'utf8').split('\n## Words\n')[1]!;
  const rows = [...section.matchAll(/^\| (.+?) +\| (.+?) +\|$/gm)].map(([, use, word]) => [use, word]);
  expect(rows.slice(2)).toEqual(terms.map(({ use, word }) => [use, word]));
});

test.each([
  ['the machine starts', ['machine']],
  ['const nodeRoles: NodeRole = otherNodes', ['node', 'Node', 'Nodes']],
  ['MACHINE_COUNT and bento-node_group', ['MACHINE', 'node']],
  ['GiveMachinesTheirRole', ['Machines']],
  ['Somebody said so', ['said', 'Somebody']],
  ['denoted, keyring, silent, storytelling, unsaid', []],
])('%s', (text, words) => {
  expect(found(text).sort()).toEqual([...words].sort());
});

test.each([
  'Amazon Machine Images on Node.js 20',
  "import path from 'node:path'; // node_modules",
  '    "types": ["node"],',
  'node cli/run.mjs main.ts',
  'construct.node.findAll()',
  '/etc/machine-id',
  'once an order is proved',
  'await Promise.allSettled(calls)',
  'https://example.com/node/machine',
])('a proper use stays: %s', (text) => {
  expect(found(text)).toEqual([]);
});

test('the name of a file counts, those of its folders do not', () => {
  expect(wordsOf('machine/throwaway-root.ts', 'nothing').map(({ line, text }) => [line, text])).toEqual([
    [0, 'throwaway'],
  ]);
});

test('a place is found by line and column', () => {
  expect(wordsIn('first\nthe shelf')).toMatchObject([{ line: 2, column: 5, text: 'shelf', term: { word: 'shelf' } }]);
});

test('the tree has none of them: use the words of CONTRIBUTING.md#words (`npm run words`)', () => {
  expect(scan().map(({ file, line, text }) => `${file}:${line}: ${text}`)).toEqual([]);
});
