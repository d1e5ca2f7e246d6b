import { readFileSync } from 'node:fs';
import { attacks } from './attacks';

/** The rows of the table: from, to, whether it is reachable. */
const rows = readFileSync('docs/security.md', 'utf8')
  .split('\n## ')[0]!
  .split('\n')
  .flatMap((line) => {
    const [, from, to, reachable] = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('`', ''));
    return reachable === 'yes' || reachable === 'no' ? [[`${from ?? ''} -> ${to ?? ''}`, reachable] as const] : [];
  });

test('each row of docs/security.md is simulated, and each simulation is a row', () => {
  expect(rows.map(([way]) => way).sort()).toEqual(Object.keys(attacks).sort());
});

test.each(rows)('%s: %s', (way, reachable) => {
  expect(attacks[way]?.() === true ? 'yes' : 'no').toBe(reachable);
});
