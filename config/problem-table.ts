import type { ConfigurationProblem } from './problem';

/** Most characters of a line in a column; a cell with more has several lines. What is searched for stays in one. */
const columns = { file: Infinity, field: Infinity, value: 24, problem: 38, fix: 48 } as const;
type Column = keyof typeof columns;
const names = Object.keys(columns) as readonly Column[];

/** Of a value that is longer, such as a whole network, the beginning. */
const longestValue = 96;

function show(value: unknown): string {
  const text = value === undefined ? '(nothing)' : JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}...` : text;
}

/** Lines of at most `width` characters. A word that is longer is cut: an ARN has no spaces. */
function wrapped(text: string, width: number): string[] {
  if (width === Infinity) return [text];
  const words = text.split(' ').flatMap((word) => word.match(new RegExp(`.{1,${width}}`, 'g')) ?? ['']);
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const cellsOf = ({ file, field, value, message }: ConfigurationProblem): Record<Column, string> => {
  const [problem = '', ...fix] = message.split('; ');
  return { file, field, value: show(value), problem, fix: fix.join('; ') };
};

/** Problems with a row for each: file, field, value, problem and fix. */
export function problemTable(problems: readonly ConfigurationProblem[]): string {
  const header = Object.fromEntries(names.map((name) => [name, name.toUpperCase()])) as Record<Column, string>;
  const rows = [header, ...problems.map(cellsOf)].map((cells) =>
    names.map((name) => wrapped(cells[name], columns[name])),
  );
  const widths = names.map((_, column) => Math.max(...rows.flatMap((row) => (row[column] ?? []).map((l) => l.length))));
  return rows
    .flatMap((row) =>
      Array.from({ length: Math.max(...row.map((cell) => cell.length)) }, (_, line) =>
        row
          .map((cell, column) => (cell[line] ?? '').padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      ),
    )
    .join('\n');
}
