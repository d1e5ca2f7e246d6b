import { readFileSync } from 'node:fs';

/** The text below a heading of a document, up to the next heading of its level or a higher one. */
export function sectionOf(file: string, heading: string): string {
  const text = readFileSync(file, 'utf8');
  const level = /^#+/.exec(heading)?.[0].length ?? 0;
  const start = text.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`${file} has no heading ${heading}`);
  const rest = text.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'm'));
  return end < 0 ? rest : rest.slice(0, end);
}

/** The blocks of bash in a text, without the indentation of the list that they stand in. */
export const bashIn = (text: string): string[] =>
  [...text.matchAll(/^( *)```bash\n([^]*?)^\1```$/gm)].map(([, indent = '', block = '']) =>
    block.replace(new RegExp(`^${indent}`, 'gm'), ''),
  );
